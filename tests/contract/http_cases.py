"""The table of cases as a service would play it over HTTP: the same answers, in events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from iflytek_spark.protocol.events import Event, Finished
from tests._support.frames import CALL_ID, LAST
from tests.contract.cases import CASES, Case, Connection, Dialect, NoHandshake, Recording

SIGNED = ("a wrong clock", "not upgraded")
"""What only a signed handshake has."""
NUMBERED = ("a frame that the service left out", "a frame twice, and no end")
"""What only numbers of frames can show."""
SEARCHED = ("a search",)
"""What the MaaS hosts have not."""


def http_cases(dialect: Dialect) -> Iterator[Case]:
    """The cases that can be over HTTP, and what a caller then sees."""
    left_out = {*SIGNED, *NUMBERED, *(SEARCHED if dialect == "B" else ())}
    for case in CASES:
        waits = any(isinstance(one, NoHandshake) for one in case.connections)
        if not (waits or case.name in left_out):
            yield replace(
                case,
                wire=dialect,
                model=case.model if dialect == "A" else "spark-x2.5",
                connections=tuple(
                    _connection(one, dialect, _reason(case)) for one in case.connections
                ),
                events=tuple(map(_over_http, case.events)),
            )


def _reason(case: Case) -> str:
    ends = [event.finish_reason for event in case.events if isinstance(event, Finished)]
    return ends[0] if ends else "stop"


def _over_http(event: Event) -> Event:
    return replace(event, wire="http") if isinstance(event, Finished) else event


def _connection(connection: Connection, dialect: Dialect, reason: str) -> Connection:
    if not isinstance(connection, Recording):
        return connection
    frames = [
        event
        for frame in connection.frames
        for event in ([frame] if isinstance(frame, bytes) else events_of(frame, dialect, reason))
    ]
    return replace(connection, frames=tuple(frames))


def events_of(frame: str, dialect: Dialect, reason: str) -> Iterator[str]:
    """A frame as events; behind the last there is the word for the end."""
    read = json.loads(frame)
    header, payload = read["header"], read.get("payload", {})
    if header["code"]:
        yield _written(_error(header, dialect))
        return
    ends = header["status"] == LAST
    delta = _search(payload) or _delta(payload["choices"]["text"][0], dialect)
    chunk: dict[str, Any] = {"choices": [{"delta": delta, "index": 0}]}
    if dialect == "A":
        chunk |= {"code": 0, "message": "Success", "sid": header["sid"]}
        delta["role"] = delta.get("role", "assistant")
    else:
        chunk |= {"id": header["sid"], "object": "chat.completion.chunk", "model": "spark-x2.5"}
        chunk["choices"][0]["finish_reason"] = reason if ends else None
    if usage := payload.get("usage"):
        chunk["usage"] = usage["text"]
    yield _written(chunk)
    if ends:
        yield "[DONE]"


def _error(header: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    code, words, sid = header["code"], header["message"], header["sid"]
    if dialect == "A":
        return {"code": code, "message": words, "sid": sid}
    text = f"Xunfei request failed with Sid: {sid} code: {code}, msg: {words}, timeStamp:15:24:36"
    return {"error": {"code": code, "message": text}}


def _search(payload: dict[str, Any]) -> dict[str, Any]:
    if "plugins" not in payload:
        return {}
    pages = json.loads(payload["plugins"]["text"][0]["content"])
    call = {"type": "web_search", "web_search": {"outputs": pages}}
    return {"role": "tool", "tool_calls": [call]}


def _delta(text: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    delta = {key: text[key] for key in ("content", "reasoning_content") if text.get(key)}
    if call := text.get("function_call"):
        own = {"id": CALL_ID, "index": 0} if dialect == "B" else {}
        delta["tool_calls"] = [{"type": "function", "function": call, **own}]
    return delta or {"content": ""}


def _written(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


EVERYWHERE = [*CASES, *http_cases("A"), *http_cases("B")]
