"""The asyncio transport: websockets, in the caller's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedOK,
    InvalidStatus,
    WebSocketException,
)
from websockets.frames import CloseCode
from websockets.protocol import State

from iflytek_spark.assumptions import MAX_MESSAGE_BYTES
from iflytek_spark.protocol.steps import (
    ConnectionFailedError,
    HTTPStatusError,
    MessageTooLargeError,
    Opening,
    RedirectedError,
)
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.proxy import resolve_proxy
from iflytek_spark.transports.tls import checked_context

_FAILURES = (WebSocketException, OSError, EOFError)
_CLOSE_TIMEOUT = 1.0
"""Seconds that a peer has to answer when the library itself ends a broken connection."""
_SILENT = logging.getLogger("iflytek_spark.websockets")
_SILENT.disabled = True
"""websockets writes each request line to its log at DEBUG, and a signed URL is a secret."""


class _Opening(connect):
    """An opening handshake that follows no redirect: a signature is for one address."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def let_the_loop_read() -> None:
    """Have the running loop read what has come to its sockets, once."""
    for _ in range(2):  # a turn of the loop finds what came, the next has read it
        await asyncio.sleep(0)


class AsyncWebSocketTransport:
    """A WebSocket of one event loop; see :class:`~iflytek_spark.transports.base.AsyncTransport`."""

    def __init__(self, route: ConnectionOptions) -> None:
        """Prepare without connecting."""
        self._route = route
        self._connection: ClientConnection | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self._deadline: float | None = None
        self._expired = False

    async def connect(self, opening: Opening, timeout: float) -> None:
        """Open a WebSocket to a signed URL, in place of the one that is open, if any."""
        self.close()
        url = opening.url
        self._loop, self._expired = asyncio.get_running_loop(), False
        secure = url.startswith("wss:")
        try:
            self._connection = await _Opening(
                url,
                additional_headers=opening.headers,
                ssl=checked_context(self._route.ssl_context) if secure else None,
                proxy=resolve_proxy(url, self._route.proxy),
                compression=None,
                open_timeout=timeout,
                close_timeout=_CLOSE_TIMEOUT,
                ping_interval=None,
                max_size=MAX_MESSAGE_BYTES,
                logger=_SILENT,
            )
        except InvalidStatus as error:
            raise _refused(error) from error
        except TimeoutError:
            raise
        except _FAILURES as error:
            raise ConnectionFailedError(_words(error)) from error
        if self._route.on_open is not None:
            self._route.on_open()

    async def send(self, data: str | bytes, timeout: float) -> None:
        """Send one text frame."""
        try:
            async with asyncio.timeout(timeout):
                await self._open().send(data)
        except TimeoutError:
            raise
        except _FAILURES as error:
            raise ConnectionFailedError(_words(error)) from error

    async def receive(self, timeout: float) -> bytes | str | None:
        """Return the next frame's payload, or None when the peer has closed."""
        connection = self._open()
        self._watch(timeout)
        try:
            return await connection.recv(decode=False)
        except ConnectionClosedOK:
            return None
        except _FAILURES as error:
            raise self._lost(error) from error
        finally:
            self._deadline = None

    async def sleep(self, seconds: float) -> None:
        """Wait between two tries."""
        await asyncio.sleep(seconds)

    def alive(self) -> bool:
        """Return whether the WebSocket is open and no message has begun, as far as was read.

        What the loop has not read yet is read in :func:`let_the_loop_read`.
        """
        connection = self._connection
        if connection is None or connection.state is not State.OPEN:
            return False
        return not connection.recv_messages.frames and not connection.protocol.reader.buffer

    async def answers(self, timeout: float) -> bool:
        """Return whether the peer answers a ping in time, and sends nothing else."""
        try:
            async with asyncio.timeout(timeout):
                await (await self._open().ping())
        except (*_FAILURES, ConnectionFailedError):
            return False
        return self.alive()

    def close(self) -> None:
        """Close the socket at once, without waiting for the peer or the loop."""
        connection, self._connection = self._connection, None
        if connection is None or self._loop is None:
            return
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None
        transport = connection.transport
        if self._loop.is_closed():
            with contextlib.suppress(OSError):
                transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            return
        transport.abort()

    def _open(self) -> ClientConnection:
        if self._connection is None:
            raise ConnectionFailedError("the connection is closed")
        return self._connection

    def _lost(self, error: Exception) -> Exception:
        if self._expired or isinstance(error, TimeoutError):
            return TimeoutError()
        sent = error.sent if isinstance(error, ConnectionClosed) else None
        if sent is not None and sent.code == CloseCode.MESSAGE_TOO_BIG:
            return MessageTooLargeError(f"more than {MAX_MESSAGE_BYTES} bytes")
        return ConnectionFailedError(_words(error))

    def _watch(self, timeout: float) -> None:
        """Move the deadline; one timer follows it, since a timer a frame would cost more."""
        loop = asyncio.get_running_loop()
        self._deadline = loop.time() + timeout
        watchdog = self._watchdog
        if watchdog is None or self._deadline < watchdog.when():
            if watchdog is not None:
                watchdog.cancel()
            self._watchdog = loop.call_at(self._deadline, self._check, loop)

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        self._watchdog = None
        if self._deadline is None or self._connection is None:
            return
        if loop.time() < self._deadline:
            self._watchdog = loop.call_at(self._deadline, self._check, loop)
            return
        self._expired = True
        self._connection.transport.abort()


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


def _refused(error: InvalidStatus) -> HTTPStatusError | ConnectionFailedError:
    response = error.response
    if 300 <= response.status_code < 400:
        return RedirectedError("the service answered with a redirect, which is not followed")
    headers = {name.lower(): value for name, value in response.headers.raw_items()}
    return HTTPStatusError(response.status_code, headers, bytes(response.body or b""))
