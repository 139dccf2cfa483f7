"""Accepts connections, a few in a turn of the loop.

A loop's own way accepts all that wait at once: of a flood, more than there are files.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Coroutine, Iterable, Iterator

from iflytek_spark.gateway.openai.errors import ErrorRow
from iflytek_spark.gateway.server.connections import (
    CLOSING_SECONDS,
    Connections,
    Phase,
    address_of,
)
from iflytek_spark.gateway.server.refusals import refusal

_LOG = logging.getLogger("iflytek_spark.gateway")
_IN_A_TURN = 16
_RETRY_SECONDS = 0.1

_SEND_BUFFER = 256 * 1024
"""Bytes that the kernel keeps for a caller that does not read; the rest shows that it does not."""


class Acceptor:
    """Accepts what comes to sockets that listen."""

    def __init__(self, listeners: Iterable[socket.socket], connections: Connections) -> None:
        """Set up."""
        self._listeners = tuple(listeners)
        self._connections = connections
        self._accepting: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    def start(self, new_protocol: Callable[[], asyncio.Protocol]) -> None:
        """Begin, in the running loop."""
        for listener in self._listeners:
            listener.setblocking(False)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            self._begin(self._accepting, self._accept(listener, new_protocol))

    async def stop(self) -> None:
        """Accept no more, and lose none of those that have just been accepted."""
        self._stopping = True
        for listener in self._listeners:
            with contextlib.suppress(NotImplementedError):  # a loop of Windows, which loses none
                asyncio.get_running_loop().remove_reader(listener)
        await asyncio.sleep(0)
        for task in self._accepting:
            task.cancel()
        if rest := self._tasks | self._accepting:
            await asyncio.wait(rest)

    def _begin(self, among: set[asyncio.Task[None]], work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        among.add(task)
        task.add_done_callback(among.discard)

    async def _accept(
        self, listener: socket.socket, new_protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping:
            try:
                first = await loop.sock_accept(listener)
                for connection, address in _with_what_waits(first, listener):
                    if not self._refuse(connection, address):
                        self._begin(self._tasks, _serve(connection, new_protocol))
            except OSError as error:
                _LOG.error("no connection is accepted for a moment: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)
            await asyncio.sleep(0)

    def _refuse(self, connection: socket.socket, address: object) -> bool:
        """Close a connection for which no room can be made, before anything is made for it."""
        whose = address_of(address[0]) if isinstance(address, tuple) else ""
        message = self._connections.why_full(whose)
        if message is None:
            return False
        headers = self._connections.default_headers
        response = refusal(ErrorRow.TOO_MANY_CONNECTIONS, message, headers)
        refused = _Refused(whose, connection, self._connections)
        self._connections.refuse(refused, ErrorRow.TOO_MANY_CONNECTIONS.status)
        refused.send(response)
        return True


_Accepted = tuple[socket.socket, object]


def _with_what_waits(first: _Accepted, listener: socket.socket) -> Iterator[_Accepted]:
    """Yield a connection and, at most, a turn's others that wait behind it."""
    yield first
    with contextlib.suppress(BlockingIOError):
        for _ in range(_IN_A_TURN - 1):
            yield listener.accept()


class _Refused:
    """A connection whose caller has a while to read why it is closed."""

    phase = Phase.NEW

    def __init__(self, address: str, connection: socket.socket, connections: Connections) -> None:
        self.address = address
        self._socket = connection
        self._connections = connections
        self._since = asyncio.get_running_loop().time()

    def send(self, response: bytes) -> None:
        """Send why; a new connection has room for it in its buffer."""
        self._socket.setblocking(False)
        with contextlib.suppress(OSError):
            self._socket.send(response)
            self._socket.shutdown(socket.SHUT_WR)

    def give_way(self, message: str) -> None:
        """Close at once."""
        self.abort()

    def check(self, now: float) -> None:
        """Close when its time is over."""
        if now - self._since > CLOSING_SECONDS:
            self.abort()

    def abort(self) -> None:
        """Close at once."""
        self._connections.remove(self)
        self._socket.close()


async def _serve(connection: socket.socket, new_protocol: Callable[[], asyncio.Protocol]) -> None:
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        await asyncio.get_running_loop().connect_accepted_socket(new_protocol, connection)
    except OSError:  # the caller has gone, or there are no files
        connection.close()
