"""What all servers here have in common: where they listen, HTTP's bodies, and a pace."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol, TypeAlias

from websockets.asyncio.server import Server, ServerConnection, serve

HOST = "127.0.0.1"
Answer: TypeAlias = Callable[[bytes, asyncio.StreamWriter], Awaitable[object]]
"""Answers one HTTP request, given its body."""


class Listener(Protocol):
    """A server that has been started."""

    @property
    def sockets(self) -> Iterable[Any]: ...


async def run(*starting: Awaitable[Listener]) -> None:
    """Start servers, print their ports in one line, and serve until the process is ended."""
    servers = [await one for one in starting]
    print(*(next(iter(server.sockets)).getsockname()[1] for server in servers), flush=True)
    await asyncio.Event().wait()


async def websocket(answer: Callable[[ServerConnection], Awaitable[None]], **more: Any) -> Server:
    """Listen for WebSocket connections."""
    return await serve(answer, HOST, 0, compression=None, ping_interval=None, **more)


async def http(answer: Answer, **more: Any) -> asyncio.Server:
    """Listen for HTTP requests, over connections that stay open for as long as a client likes."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await answer(await _body(reader), writer)
                await writer.drain()
        writer.close()

    return await asyncio.start_server(connected, HOST, 0, **more)


async def _body(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = head.partition("content-length:")[2].partition("\r\n")[0]
    return await reader.readexactly(int(length or 0))


def response(body: bytes, kind: bytes = b"application/json") -> bytes:
    """Return a whole HTTP response."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (kind, len(body)) + body


async def in_time(pieces: Sequence[bytes], pace: float) -> AsyncIterator[bytes]:
    """Yield each piece when it is due, so many seconds after the last; a late one moves none."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    for piece in pieces:
        due += pace
        await asyncio.sleep(due - loop.time())
        yield piece
