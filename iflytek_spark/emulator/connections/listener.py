"""The emulator's port: connections are accepted here, and closed with it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable

from iflytek_spark.emulator.connections.stream import Stream
from iflytek_spark.emulator.request_log import RequestLog

_RETRY = 0.05


class Listener:
    """One port, for as long as the emulator runs."""

    def __init__(
        self,
        serve: Callable[[Stream], Awaitable[None]],
        ssl_context: ssl.SSLContext | None,
        log: RequestLog,
    ) -> None:
        """Set up without listening.

        Args:
            serve: serves a connection to its end.
            ssl_context: that of TLS, or None.
            log: where connections are counted.
        """
        self._serve_stream = serve
        self._ssl_context = ssl_context
        self._log = log
        self._socket: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._clients: dict[asyncio.Task[None], socket.socket] = {}

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._socket is not None

    def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen, and return the address and the port.

        Raises:
            OSError: when the address cannot be used.
        """
        family, _, _, _, address = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0]
        self._socket = socket.create_server((address[0], port), family=family, backlog=1024)
        self._socket.setblocking(False)
        self._accepting = asyncio.create_task(self._accept(self._socket))
        name, number = self._socket.getsockname()[:2]
        return name, number

    async def stop(self) -> None:
        """Close the port and every connection."""
        await asyncio.sleep(0)  # a socket just accepted would be lost with the task
        tasks = [task for task in (self._accepting, *self._clients) if task is not None]
        for task in tasks:
            task.cancel()
        sockets = [sock for sock in (self._socket, *self._clients.values()) if sock is not None]
        await asyncio.gather(*tasks, return_exceptions=True)
        for sock in sockets:
            sock.close()
        self._socket = self._accepting = None

    async def _accept(self, listener: socket.socket) -> None:
        """Take connections ourselves: asyncio's own server loses some while it is closed."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, _ = await loop.sock_accept(listener)
            except OSError:  # no file descriptor is left; those who wait are taken later
                await asyncio.sleep(_RETRY)
                continue
            task = loop.create_task(self._serve(client))
            self._clients[task] = client
            self._log.opened()
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._clients[task]
        self._log.closed()

    async def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the client left, or was idle for too long
            # asyncio would do so for a socket that it has accepted itself.
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = await Stream.over(client, self._ssl_context)
            try:
                await self._serve_stream(stream)
            except (OSError, asyncio.CancelledError):
                stream.abort()
                raise
            finally:
                await stream.close()
