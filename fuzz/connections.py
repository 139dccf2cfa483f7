"""The emulator's end of a connection whose client has sent everything and disconnected.

Nothing has to be waited for then, so a coroutine runs to its end in one step, without a loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar, cast

from iflytek_spark.emulator.connections.http import HttpConnection, HttpRequest
from iflytek_spark.emulator.connections.stream import Stream
from iflytek_spark.emulator.connections.websocket import WebSocketConnection

T = TypeVar("T")
LOOP = asyncio.new_event_loop()


class NullWriter:
    """A writer to a client that has disconnected: what is written is lost."""

    def write(self, data: bytes) -> None:
        """Do nothing."""

    async def drain(self) -> None:
        """Wait for nothing."""


def _stream(data: bytes) -> Stream:
    reader = asyncio.StreamReader(loop=LOOP)
    reader.feed_data(data)
    reader.feed_eof()
    return Stream(reader, cast(asyncio.StreamWriter, NullWriter()))


def finish(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise AssertionError("something was waited for after the client's end")


def all_requests(data: bytes) -> Iterator[HttpRequest]:
    """Yield the HTTP requests of a connection."""
    connection = HttpConnection(_stream(data))
    while (request := finish(connection.read_request())) is not None:
        yield request
        if not request.keeps_alive:
            return


def websocket_message(data: bytes) -> tuple[str, str]:
    """Accept a handshake, read a message, and return the target and host of the handshake."""
    connection = WebSocketConnection(_stream(data))
    finish(connection.stream.peek(4))
    request = finish(connection.read_request())
    if request is None:
        return "", ""
    if finish(connection.accept(request, "Mon, 06 Jan 2025 08:00:00 GMT")):
        finish(connection.receive())
    return request.path, "".join(request.headers.get_all("Host"))
