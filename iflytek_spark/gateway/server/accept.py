"""Accepts connections, a few in a turn of the loop.

A loop's own way accepts all that wait at once: of a flood, more than there are files.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine, Iterable

_LOG = logging.getLogger("iflytek_spark.gateway")
_IN_A_TURN = 16
_RETRY_SECONDS = 0.1

_SEND_BUFFER = 256 * 1024
"""Bytes that the kernel keeps for a caller that does not read; the rest shows that it does not."""


class Acceptor:
    """Accepts what comes to sockets that listen."""

    def __init__(self, listeners: Iterable[socket.socket]) -> None:
        """Set up."""
        self._listeners = tuple(listeners)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, new_protocol: Callable[[], asyncio.Protocol]) -> None:
        """Begin, in the running loop."""
        for listener in self._listeners:
            listener.setblocking(False)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            self._begin(self._accept(listener, new_protocol))

    async def stop(self) -> None:
        """Accept no more."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(
        self, listener: socket.socket, new_protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            for _ in range(_IN_A_TURN):
                try:
                    connection, _ = await loop.sock_accept(listener)
                except OSError as error:
                    _LOG.error("no connection is accepted for a moment: %s", error)
                    await asyncio.sleep(_RETRY_SECONDS)
                    break
                self._begin(_serve(connection, new_protocol))
            await asyncio.sleep(0)


async def _serve(connection: socket.socket, new_protocol: Callable[[], asyncio.Protocol]) -> None:
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().connect_accepted_socket(new_protocol, connection)
    except OSError:  # the caller has gone, or there are no files
        connection.close()
