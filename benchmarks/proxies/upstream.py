"""The two services behind the proxies: Spark's WebSocket and OpenAI's HTTP, with equal chunks.

An answer has as many chunks as ``max_tokens`` says. Each kind listens twice, at full speed and
with a pause before every chunk; Spark's a third time over TLS.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
from collections.abc import AsyncIterator

from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Frame, Opcode

from benchmarks.server import TEXT, answer, events

PACE = 0.02


async def _paced(pieces: list[bytes], pace: float) -> AsyncIterator[bytes]:
    """Yield pieces at their times; a late one does not move the next."""
    if not pace:
        yield b"".join(pieces)
        return
    loop = asyncio.get_running_loop()
    due = loop.time()
    for piece in pieces:
        due += pace
        await asyncio.sleep(due - loop.time())
        yield piece


class Upstream:
    """What answers, at one pace."""

    def __init__(self, pace: float) -> None:
        self._pace = pace
        self._frames: dict[int, list[bytes]] = {}

    async def spark(self, connection: ServerConnection) -> None:
        chunks = json.loads(await connection.recv())["parameter"]["chat"]["max_tokens"]
        async for piece in _paced(self._encoded(chunks), self._pace):
            connection.transport.write(piece)
        await connection.wait_closed()

    def _encoded(self, chunks: int) -> list[bytes]:
        if chunks not in self._frames:
            frames = [Frame(Opcode.TEXT, text.encode()) for text in answer(chunks)]
            self._frames[chunks] = [frame.serialize(mask=False) for frame in frames]
        return self._frames[chunks]

    async def openai(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await self._answer_one(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        body = json.loads(await reader.readexactly(length))
        chunks = body["max_tokens"]
        if not body.get("stream"):
            text = json.dumps(_completion(chunks)).encode()
            writer.write(_HEAD % (b"application/json", b"Content-Length: %d" % len(text)) + text)
            return
        writer.write(_HEAD % (b"text/event-stream", b"Transfer-Encoding: chunked"))
        pieces = [f"{line}\n\n".encode() for line in _sse(chunks)]
        async for piece in _paced(pieces, self._pace):
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        writer.write(b"0\r\n\r\n")


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n%b\r\n\r\n"


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


async def _serve(certificate: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    fast, paced = Upstream(0), Upstream(PACE)
    plain = {"compression": None, "ping_interval": None, "backlog": 2048}
    servers = [
        await serve(fast.spark, "127.0.0.1", 0, **plain),
        await serve(paced.spark, "127.0.0.1", 0, **plain),
        await serve(fast.spark, "127.0.0.1", 0, ssl=context, **plain),
        await asyncio.start_server(fast.openai, "127.0.0.1", 0, backlog=2048),
        await asyncio.start_server(paced.openai, "127.0.0.1", 0, backlog=2048),
    ]
    print(*(next(iter(server.sockets)).getsockname()[1] for server in servers), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("certificate")
    asyncio.run(_serve(parser.parse_args().certificate))
