"""Two servers in one process that answer anything with prepared data: Spark's frames over a
WebSocket, and the same chunks as OpenAI's server-sent events.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

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
    middle = [frame(1 if seq else 0, seq, {"content": TEXT}) for seq in range(chunks - 1)]
    return [*middle, frame(2, chunks - 1, {"content": TEXT}, usage=True)]


def tool_call() -> list[str]:
    """Return a tool call, which Spark sends in one frame."""
    call = {"content": "", "function_call": {"name": TOOL, "arguments": ARGUMENTS}}
    return [frame(2, 0, call, usage=True)]


def events(chunks: int, *, tool: bool) -> bytes:
    """Return the same answer as OpenAI's stream."""
    deltas = _tool_deltas() if tool else ({"content": TEXT} for _ in range(chunks))
    lines = [_event(delta, None) for delta in deltas]
    lines.append(_event({}, "tool_calls" if tool else "stop"))
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


def _tool_deltas() -> Iterator[dict[str, Any]]:
    start = {"id": "call_1", "type": "function", "function": {"name": TOOL, "arguments": ""}}
    yield {"role": "assistant", "content": None, "tool_calls": [{"index": 0, **start}]}
    for at in range(0, len(ARGUMENTS), 4):
        piece = {"index": 0, "function": {"arguments": ARGUMENTS[at : at + 4]}}
        yield {"tool_calls": [piece]}


def _event(delta: dict[str, Any], finish_reason: str | None) -> str:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return f"data: {json.dumps({**chunk, 'choices': [choice]})}\n\n"


async def _serve(chunks: int) -> None:
    frames = {False: answer(chunks), True: tool_call()}
    streams = {tool: events(chunks, tool=tool) for tool in (False, True)}

    async def spark(connection: ServerConnection) -> None:
        request = await connection.recv()
        for data in frames['"functions"' in str(request)]:
            await connection.send(data)
        await connection.close(1000, "close this ws conn")

    async def openai(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        body = await reader.readexactly(length)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
        writer.write(b"Connection: close\r\n\r\n" + streams[b'"tools"' in body])
        await writer.drain()
        writer.close()

    http = await asyncio.start_server(openai, "127.0.0.1", 0)
    async with serve(spark, "127.0.0.1", 0, compression=None, ping_interval=None) as ws, http:
        ports = (server.sockets[0].getsockname()[1] for server in (ws, http))
        print(*ports, flush=True)
        await ws.serve_forever()


def main(chunks: int) -> None:
    """Serve until the process is ended; the two ports are the first line that is printed."""
    asyncio.run(_serve(chunks))
