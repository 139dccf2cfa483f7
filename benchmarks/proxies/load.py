"""A light client of OpenAI's streams: it counts chunks and looks at a clock, and parses nothing."""

from __future__ import annotations

import asyncio
import json
import re
import time

_CHUNK = re.compile(rb'"content": ?"[^"]')
_OVERLAP = 13
"""A piece of text begins like this; the longest beginning that may be cut in two."""


class Seen:
    """What one answer gave.

    Attributes:
        chunks: pieces of text that came.
        first: seconds to the first of them.
        whole: whether the end came.
    """

    def __init__(self) -> None:
        self.chunks = 0
        self.first = 0.0
        self.whole = False
        self._started = time.perf_counter()
        self._tail = b""

    def feed(self, data: bytes) -> None:
        """Look at what came."""
        joined = self._tail + data
        count = len(_CHUNK.findall(joined)) - len(_CHUNK.findall(self._tail))
        if count and not self.chunks:
            self.first = time.perf_counter() - self._started
        self.chunks += count
        self.whole = self.whole or b"[DONE]" in joined or b'"total_tokens"' in joined
        self._tail = joined[-_OVERLAP:]


class _Reader(asyncio.Protocol):
    def __init__(self, request: bytes) -> None:
        self._request = request
        self.seen = Seen()
        self.done: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.seen.feed(data)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(self.seen)


def request(model: str, chunks: int, *, stream: bool) -> bytes:
    """Write a request as it goes over the socket."""
    messages = [{"role": "user", "content": "你好"}]
    body = {"model": model, "messages": messages, "max_tokens": chunks, "stream": stream}
    text = json.dumps(body).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


async def ask(port: int, data: bytes) -> Seen:
    """Ask once, and read to the end.

    Raises:
        RuntimeError: when the answer is not whole.
    """
    loop = asyncio.get_running_loop()
    _, reader = await loop.create_connection(lambda: _Reader(data), "127.0.0.1", port)
    seen = await reader.done
    if not seen.whole:
        raise RuntimeError("an answer was not whole")
    return seen


async def ask_many(port: int, data: bytes, count: int) -> list[Seen]:
    """Ask all at once."""
    return await asyncio.gather(*(ask(port, data) for _ in range(count)))
