"""Servers in one process that answer anything with prepared data: Spark's frames over a
WebSocket, and the same chunks as OpenAI's server-sent events.

An answer is written at once, the frames as the events are, so that neither kind of client is
woken more often than the other. ``python -m benchmarks.servers.answers 200 1000`` serves answers
of so many chunks, and prints two ports for each number.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode

from benchmarks.servers.listening import http, response, run, websocket

SID = "cht000b702a@dx18d6fb9d758b894540"
TEXT = "讯飞星火大模型，回答的一段"
TOOL = "get_weather"
ARGUMENTS = json.dumps({"city": "合肥", "days": 3, "units": "celsius"}, ensure_ascii=False)


def frame(status: int, seq: int, text: dict[str, Any], *, usage: bool = False) -> str:
    choices = {"status": status, "seq": seq, "text": [{"role": "assistant", "index": 0, **text}]}
    payload: dict[str, Any] = {"choices": choices}
    if usage:
        counts = {"question_tokens": 37, "prompt_tokens": 37, "completion_tokens": seq}
        payload["usage"] = {"text": {**counts, "total_tokens": 37 + seq}}
    header = {"code": 0, "message": "Success", "sid": SID, "status": status}
    return json.dumps({"header": header, "payload": payload})


def answer(chunks: int) -> list[str]:
    """Return an answer of so many frames, each of about 300 bytes as on the wire."""
    middle = [frame(1 if seq else 0, seq, _piece(seq)) for seq in range(chunks - 1)]
    return [*middle, frame(2, chunks - 1, _piece(chunks - 1), usage=True)]


def _piece(number: int) -> dict[str, Any]:
    """Return the text of a chunk; no two neighbours are alike, which one proxy refuses."""
    return {"content": f"{TEXT}{number % 10}"}


def tool_call() -> list[str]:
    """Return a tool call, which Spark sends in one frame."""
    call = {"content": "", "function_call": {"name": TOOL, "arguments": ARGUMENTS}}
    return [frame(2, 0, call, usage=True)]


def events(chunks: int, *, tool: bool) -> bytes:
    """Return the same answer as OpenAI's stream."""
    deltas = _tool_deltas() if tool else map(_piece, range(chunks))
    lines = [event(delta, None) for delta in deltas]
    lines.append(event({}, "tool_calls" if tool else "stop"))
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


def _tool_deltas() -> Iterator[dict[str, Any]]:
    start = {"id": "call_1", "type": "function", "function": {"name": TOOL, "arguments": ""}}
    yield {"role": "assistant", "content": None, "tool_calls": [{"index": 0, **start}]}
    for at in range(0, len(ARGUMENTS), 4):
        piece = {"index": 0, "function": {"arguments": ARGUMENTS[at : at + 4]}}
        yield {"tool_calls": [piece]}


def event(delta: dict[str, Any], finish_reason: str | None) -> str:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return f"data: {json.dumps({**chunk, 'choices': [choice]})}\n\n"


def encoded(text: str) -> bytes:
    """Return a text as it goes over a WebSocket from its server."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


class Answers:
    """Answers of one length, by whether tools are offered."""

    def __init__(self, chunks: int) -> None:
        texts = {False: answer(chunks), True: tool_call()}
        self._frames = {tool: b"".join(map(encoded, frames)) for tool, frames in texts.items()}
        self._events = {
            tool: response(events(chunks, tool=tool), b"text/event-stream")
            for tool in (False, True)
        }

    async def spark(self, connection: ServerConnection) -> None:
        request = await connection.recv()
        connection.transport.write(self._frames['"functions"' in str(request)])
        await connection.close(1000, "close this ws conn")

    async def openai(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(self._events[b'"tools"' in request])


def _main(counts: list[int]) -> None:
    listening = (
        listen
        for answers in map(Answers, counts)
        for listen in (websocket(answers.spark), http(answers.openai))
    )
    asyncio.run(run(*listening))


if __name__ == "__main__":
    _main([int(count) for count in sys.argv[1:]])
