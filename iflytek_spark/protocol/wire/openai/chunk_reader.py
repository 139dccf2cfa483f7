"""Reads an event of an answer over HTTP, or a whole answer, of either dialect.

PROTOCOL-HTTP.md §1, §5.

Nothing is required of it: what one dialect leaves out the other sends. Plain pieces of text take a
short way; both ways read alike what both can read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from iflytek_spark.assumptions import MAX_TOKEN_COUNT, USAGE_ENDS_AN_ANSWER
from iflytek_spark.messages import PluginResult, Usage
from iflytek_spark.protocol.deviations import Deviation, Deviations
from iflytek_spark.protocol.wire.frame import Frame
from iflytek_spark.protocol.wire.halves import has_halves, without_halves
from iflytek_spark.protocol.wire.lenient import (
    note_unknown,
    number_in,
    object_of,
    objects_in,
    objects_of,
    parse,
    text_of,
    unreadable,
)
from iflytek_spark.protocol.wire.openai.call_reader import read_calls
from iflytek_spark.protocol.wire.openai.error_reader import find_error

_DONE = (b"[DONE]", "[DONE]")
_PLAIN_DELTA = frozenset(("role", "content", "reasoning_content", "tool_calls"))
_CHUNK_KEYS = frozenset(
    ("code", "message", "sid", "id", "object", "created", "model", "choices", "usage", "metadata",
     "system_fingerprint", "service_tier")
)  # fmt: skip
_CHOICE_KEYS = frozenset(
    ("index", "delta", "message", "finish_reason", "logprobs", "matched_stop", "stop_reason")
)
_DELTA_KEYS = _PLAIN_DELTA | {"function_call", "refusal", "tool_call_id", "name", "audio"}
_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
_WHOLE = "message"

_Object = Mapping[str, Any]


def decode_event(data: bytes | str, noted: Deviations | None = None) -> Frame:
    """Read one event's data, or a whole body.

    Args:
        data: the message.
        noted: where it is noted what is not as documented.

    Raises:
        APIError: for an error of the service that has no code of Spark's.
        ProtocolError: when it is no JSON object; with strict ``noted`` for every deviation.
    """
    if data.strip() in _DONE:
        return Frame(0, last=True)
    try:
        frame = _plain(from_json(data))
    except ValueError:  # half a character is one too, which the long way reads
        frame = None
    return frame or _read(data, noted or Deviations())


def _plain(chunk: Any) -> Frame | None:
    """Read a piece of text and nothing else, exactly as it is documented."""
    if type(chunk) is not dict or chunk.get("usage") or chunk.get("code") or "error" in chunk:
        return None
    choices, sid = chunk.get("choices"), chunk.get("sid") or chunk.get("id")
    if type(choices) is not list or len(choices) != 1 or type(choices[0]) is not dict:
        return None
    (choice,) = choices
    delta = choice.get("delta")
    if choice.get("finish_reason") or type(delta) is not dict or delta.get("tool_calls"):
        return None
    content, reasoning = delta.get("content") or "", delta.get("reasoning_content") or ""
    known = chunk.keys() <= _CHUNK_KEYS and choice.keys() <= _CHOICE_KEYS
    if not known or delta.get("role") not in (None, "assistant") or not sid:
        return None
    if not (delta.keys() <= _PLAIN_DELTA and type(content) is type(reasoning) is type(sid) is str):
        return None
    return Frame(0, "", sid, True, False, None, content, reasoning)


def _read(data: bytes | str, noted: Deviations) -> Frame:
    value = parse(data, noted)
    found = find_error(value)
    if found is not None and found.code:
        return Frame(found.code, found.message, found.sid)
    if found is not None:
        raise found.error()
    if isinstance(value, list):
        value = next(iter(objects_in(value, noted, for_one=True)), None)
    if not isinstance(value, dict):
        raise unreadable(data, "'$' is no object")
    if not value.keys() & {"choices", "usage"}:
        strange = value.keys() - _CHUNK_KEYS
        noted.add(Deviation.UNKNOWN_FRAME if strange else Deviation.EMPTY_FRAME)
    return _frame(value, noted)


def _frame(chunk: _Object, noted: Deviations) -> Frame:
    note_unknown(chunk, _CHUNK_KEYS, noted)
    sid = _sid(chunk, noted)
    usage = _usage(chunk, noted)
    content = reasoning = finish = ""
    plugins: list[PluginResult] = []
    calls = []
    for choice in objects_of(chunk, "choices", noted):
        if number_in(choice.get("index", 0), noted) is None:
            noted.add(Deviation.INDEX_UNUSUAL)
        note_unknown(choice, _CHOICE_KEYS, noted)
        delta = object_of(choice, _WHOLE if _WHOLE in choice else "delta", noted)
        finish = _given(choice, "finish_reason", noted) or finish
        note_unknown(delta, _DELTA_KEYS, noted)
        content += _given(delta, "content", noted) + _given(delta, "refusal", noted)
        reasoning += _given(delta, "reasoning_content", noted)
        fragments, found = read_calls(delta, noted)
        calls += fragments
        plugins += found
        if delta.get("role") not in (None, "", "assistant") and not found:
            noted.add(Deviation.ROLE_UNUSUAL)
    ending = bool(USAGE_ENDS_AN_ANSWER and usage and not (content or reasoning or calls))
    return Frame(
        0, "", sid, has_choices=True, content=content, reasoning=reasoning,
        plugins=tuple(plugins), usage=usage, halves=has_halves(content + reasoning),
        calls=tuple(calls), finish=finish, ending=ending,
    )  # fmt: skip


def _given(holder: _Object, key: str, noted: Deviations) -> str:
    """Read a text in whose place null is as usual as none."""
    return "" if holder.get(key) is None else text_of(holder, key, noted)


def _sid(chunk: _Object, noted: Deviations) -> str:
    sid = _given(chunk, "sid", noted) or _given(chunk, "id", noted)
    if not sid:
        noted.add(Deviation.SID_MISSING)
    return without_halves(sid)


def _usage(chunk: _Object, noted: Deviations) -> Usage | None:
    """Read token counts; zeros stand in pieces that are not the last, and count for none."""
    if chunk.get("usage") is None:
        return None
    usage = object_of(chunk, "usage", noted)
    prompt, completion, total = (number_in(usage.get(key), noted) for key in _COUNTS)
    if not any((prompt, completion, total)) and usage.keys() >= {"prompt_tokens"}:
        return None
    if prompt is None or completion is None:
        if usage:
            noted.add(Deviation.USAGE_UNUSUAL)
        return None
    total = prompt + completion if total is None else total
    if not all(0 <= number <= MAX_TOKEN_COUNT for number in (prompt, completion, total)):
        noted.add(Deviation.USAGE_UNUSUAL)
        return None
    return Usage(prompt, completion, total)
