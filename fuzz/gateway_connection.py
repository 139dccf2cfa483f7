"""A caller's connection to the gateway: heads, bodies and trailers of any bytes.

The first byte says in which pieces they come. A byte 0xFF stands for eight kilobytes, so that short
inputs reach the limits too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from starlette.types import Receive, Scope, Send
from uvicorn import Config

from fuzz.connections import LOOP
from iflytek_spark.gateway.server.connections import ConnectionLimits, Connections
from iflytek_spark.gateway.server.protocol import MAX_HEAD_BYTES, HttpConnection

_LONG = b"z" * 8192
_LIMITS = ConnectionLimits(4, 4, head_seconds=10, idle_seconds=65, write_seconds=60)
_PIECES = (1, 7, 50, 400, 4096, 1 << 20)
_TURNS = 4
"""Of the loop, in which the app answers what has come whole."""


class Transport(asyncio.Transport):
    """The other side of which reads all at once."""

    def __init__(self) -> None:
        """Open it."""
        super().__init__({"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 8000)})
        self.written = b""
        self.closed = self.ended = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep what is written, as a loop does."""
        if self.ended:
            raise RuntimeError("Cannot call write() after write_eof()")
        self.written += data

    def close(self) -> None:
        """End it."""
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        """Return whether it has been ended."""
        return self.closed

    def get_write_buffer_size(self) -> int:
        """Return nothing: all has been read."""
        return 0

    def can_write_eof(self) -> bool:
        """Return that it can."""
        return True

    def write_eof(self) -> None:
        """Note that nothing is to follow."""
        self.ended = True

    def pause_reading(self) -> None:
        """Do nothing."""

    def resume_reading(self) -> None:
        """Do nothing."""


async def _app(_: Scope, receive: Receive, send: Send) -> None:
    """Answer what came whole."""
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.request":
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})


_CONFIG = Config(_app, http=HttpConnection, ws="none", log_config=None, access_log=False)
_CONFIG.load()


def connection(data: bytes) -> None:
    """What a caller sends on one connection; nothing of it stays."""
    LOOP.run_until_complete(_connection(data[:1], data[1:].replace(b"\xff", _LONG)))


async def _connection(how: bytes, data: bytes) -> None:
    connections, transport = Connections(_LIMITS), Transport()
    caller = HttpConnection(_CONFIG, connections, {})
    caller.connection_made(transport)
    size = max(_PIECES[ord(how or b"\0") % len(_PIECES)], len(data) // 100)
    for start in range(0, len(data), size):
        if not transport.closed:
            caller.data_received(data[start : start + size])
            _check_head(caller)
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    _check_times(caller, connections, transport)
    caller.connection_lost(None)
    await asyncio.sleep(0)
    for task in tuple(connections.tasks):
        await task
    if len(connections) or connections.connections:
        raise AssertionError("a connection that has ended is still counted")


def _check_head(caller: HttpConnection) -> None:
    held = sum(len(name) + len(value) for name, value in caller.headers or ())
    if held > MAX_HEAD_BYTES:
        raise AssertionError(f"{held} bytes of a head are held")


def _check_times(caller: HttpConnection, connections: Connections, transport: Transport) -> None:
    """What waits for the caller ends; what the app still answers does not."""
    answered = caller.cycle is None or caller.cycle.response_complete
    if transport.written and not transport.written.startswith(b"HTTP/1.1 "):
        raise AssertionError(transport.written[:100])
    now = caller.loop.time()
    for later in (1000, 2000):  # to say that the time is over, and to hang up
        connections.check(now + later)
    if answered and not transport.closed:
        raise AssertionError("a connection that says nothing is kept")


def connections() -> Iterator[bytes]:
    """Requests of every kind, in small pieces and in large ones."""
    head = b"POST /v1/models HTTP/1.1\r\nhost: localhost\r\n"
    chunked = head + b"transfer-encoding: chunked\r\n\r\n"
    for how in (b"\0", b"\5"):
        yield how + head + b"content-length: 2\r\n\r\n{}"
        yield how + chunked + b"2\r\n{}\r\n0\r\nx: y\r\n\r\n"
        yield how + chunked + b"2;x=\xff\r\n{}\r\n0\r\nx: \xff\xff\xff\xff\xff\r\n"
        yield how + (head + b"\r\n") * 20
        yield how + b"GET /\xff HTTP/1.1\r\nx: \xff\xff\xff\xff\r\n\r\n"
        yield how + head + b"expect: 100-continue\r\ncontent-length: 9\r\n\r\n"
        yield how + head + b"connection: upgrade\r\nupgrade: websocket\r\n\r\n\xff"
        yield how + b"GET / HTTP/1.0\r\n\r\nrest"
        yield how + b"what is not HTTP\r\n\r\n" + b"\xff" * 5
