"""The two services behind the proxies: Spark's WebSocket and OpenAI's HTTP, with equal chunks.

An answer has as many chunks as ``max_tokens`` says. Each kind listens twice, at full speed and
with a pause before every chunk; Spark's a third time over TLS.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections.abc import AsyncIterator

from websockets.asyncio.server import ServerConnection

from benchmarks.servers.answers import TEXT, answer, encoded, events
from benchmarks.servers.listening import http, in_time, response, run, websocket

PACE = 0.02
_STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)


class Upstream:
    """What answers, at one pace."""

    def __init__(self, pace: float) -> None:
        self._pace = pace
        self._frames: dict[int, list[bytes]] = {}

    def _pieces(self, pieces: list[bytes]) -> AsyncIterator[bytes]:
        """Return pieces at their times, or at full speed all of them at once."""
        return in_time(pieces if self._pace else [b"".join(pieces)], self._pace)

    async def spark(self, connection: ServerConnection) -> None:
        chunks = json.loads(await connection.recv())["parameter"]["chat"]["max_tokens"]
        if chunks not in self._frames:
            self._frames[chunks] = [encoded(text) for text in answer(chunks)]
        async for piece in self._pieces(self._frames[chunks]):
            connection.transport.write(piece)
        await connection.wait_closed()

    async def openai(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        body = json.loads(request)
        chunks = body["max_tokens"]
        if not body.get("stream"):
            writer.write(response(json.dumps(_completion(chunks)).encode()))
            return
        writer.write(_STREAM)
        async for piece in self._pieces([f"{line}\n\n".encode() for line in _sse(chunks)]):
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        writer.write(b"0\r\n\r\n")


def _sse(chunks: int) -> list[str]:
    """Return the lines of a stream; the end goes with the last chunk."""
    *lines, last, end, done, _ = events(chunks, tool=False).decode().split("\n\n")
    return [*lines, f"{last}\n\n{end}\n\n{done}"]


def _completion(chunks: int) -> dict[str, object]:
    message = {"role": "assistant", "content": TEXT * chunks}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 37, "completion_tokens": chunks, "total_tokens": 37 + chunks}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m"}
    return {**head, "choices": [choice], "usage": usage}


async def _main(certificate: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    fast, paced, backlog = Upstream(0), Upstream(PACE), 2048
    await run(
        websocket(fast.spark, backlog=backlog),
        websocket(paced.spark, backlog=backlog),
        websocket(fast.spark, backlog=backlog, ssl=context),
        http(fast.openai, backlog=backlog),
        http(paced.openai, backlog=backlog),
    )


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
