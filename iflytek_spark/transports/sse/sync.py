"""Server-sent events in the caller's thread, over sockets with deadlines."""

from __future__ import annotations

import contextlib
import time
import weakref

from iflytek_spark.protocol.steps import (
    ConnectionFailedError,
    Opening,
    StaleConnectionError,
    TransportError,
)
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.preconnect.base import reset_after_fork
from iflytek_spark.transports.sockets import DeadlineSocket, open_socket
from iflytek_spark.transports.sse.answer import (
    ERROR_BODY_TIMEOUT,
    Answer,
    Origin,
    as_bytes,
    write_request,
)
from iflytek_spark.transports.sse.idle import IdleConnections
from iflytek_spark.transports.tls import checked_context

_READ = 65536
_SETTLE = 0.001
"""Seconds in which the last bytes of an answer must be there when its connection is used again."""


class _Connection:
    """A socket, and the answer that came over it last."""

    def __init__(self, sock: DeadlineSocket) -> None:
        self.socket = sock
        self.answer = Answer()
        self.used = False

    def settled(self) -> bool:
        """Whether the last answer has come to its end, and the peer is still there."""
        try:
            while not self.answer.complete:
                self.socket.start_frame(time.monotonic() + _SETTLE)
                data = self.socket.recv(_READ)
                if not data:
                    return False
                self.answer.feed(data)
        except (OSError, TransportError):
            return False
        return self.answer.reusable and self.socket.silent()

    def close(self) -> None:
        """Close the socket at once."""
        self.socket.close()


class SsePool:
    """Makes the transports of one client, which share the connections that are kept open.

    They are closed with the client, at the latest when it is garbage-collected. A copy, and a
    pickle, begins empty.
    """

    def __init__(self) -> None:
        """Open nothing yet."""
        self._idle: IdleConnections[_Connection] = IdleConnections()
        weakref.finalize(self, self._idle.close)
        reset_after_fork(self._idle)

    def __reduce__(self) -> tuple[type[SsePool], tuple[()]]:
        return SsePool, ()

    def __call__(self, route: ConnectionOptions) -> SseTransport:
        """Make the transport of one call."""
        return SseTransport(route, self)

    def take(self, origin: Origin) -> _Connection | None:
        """Hand out a connection that is ready for a request."""
        while (taken := self._idle.take(origin, time.monotonic())) is not None:
            if taken.settled():
                return taken
            taken.close()
        return None

    def give(self, origin: Origin, connection: _Connection) -> None:
        """Keep a connection for some time."""
        self._idle.give(origin, connection, time.monotonic())

    def close(self) -> None:
        """Close what is kept open."""
        self._idle.close()


class SseTransport:
    """One call; see :class:`~iflytek_spark.transports.base.Transport`."""

    def __init__(self, route: ConnectionOptions, pool: SsePool) -> None:
        """Prepare without connecting."""
        self._route = route
        self._pool = pool
        self._may_take = True
        self._opening = Opening("")
        self._origin = Origin.of("")
        self._begun = False
        self._connection: _Connection | None = None

    def connect(self, opening: Opening, timeout: float) -> None:
        """Take a connection that is open, or open one."""
        self.close()
        self._opening, self._origin, self._begun = opening, Origin.of(opening.url), False
        taken = self._pool.take(self._origin) if self._may_take else None
        self._connection = taken or self._opened(timeout)

    def send(self, data: str | bytes, timeout: float) -> None:
        """Send the request, or the next part of its body.

        A peer that does not take it has perhaps answered already.
        """
        connection = self._open()
        request = memoryview(as_bytes(data) if self._begun else self._begin(connection, data))
        connection.socket.deadline = time.monotonic() + timeout
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while request:
                request = request[connection.socket.send(bytes(request[:_READ])) :]

    def _begin(self, connection: _Connection, data: str | bytes) -> bytes:
        """Begin a request: what comes from now on is its answer."""
        self._begun = True
        connection.answer = Answer(self._opening.lines)
        return write_request(self._opening, data)

    def receive(self, timeout: float) -> bytes | None:
        """Return the next event's data, or the next line; None at the answer's end."""
        connection = self._open()
        answer = connection.answer
        message = answer.take()
        if message is not None:
            return message
        connection.socket.start_frame(time.monotonic() + timeout)
        while (message := answer.take()) is None and not answer.over:
            self._read(connection)
            if self._opening.lines:  # which are cut by themselves, if they are too long
                connection.socket.start_frame(connection.socket.deadline)
        answer.refuse()
        return message

    def sleep(self, seconds: float) -> None:
        """Wait between two tries."""
        time.sleep(seconds)

    def close(self) -> None:
        """Keep the connection where the answer has come to its end; else close it at once."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.answer.reusable:
            connection.used = True
            self._pool.give(self._origin, connection)
        else:
            connection.close()

    def _read(self, connection: _Connection) -> None:
        """Read once. What breaks off the text of an error does not matter."""
        answer, sock = connection.answer, connection.socket
        if answer.waits_for_error_body:
            sock.deadline = min(sock.deadline, time.monotonic() + ERROR_BODY_TIMEOUT)
        try:
            data = sock.recv(_READ)
        except TimeoutError:
            answer.refuse()
            raise
        except OSError as error:
            answer.refuse()
            raise self._broken(connection, str(error) or type(error).__name__) from error
        if data:
            answer.feed(data)
            return
        try:
            answer.end()
        except ConnectionFailedError as error:
            raise self._broken(connection, str(error)) from error

    def _broken(self, connection: _Connection, words: str) -> ConnectionFailedError:
        if connection.used and not connection.answer.response.begun:
            self._may_take = False
            return StaleConnectionError(words)
        return ConnectionFailedError(words)

    def _opened(self, timeout: float) -> _Connection:
        context = checked_context(self._route.ssl_context) if self._origin.secure else None
        deadline = time.monotonic() + timeout
        try:
            sock = open_socket(self._opening.url, deadline, self._route.proxy, context)
        except TimeoutError:
            raise
        except (OSError, ValueError) as error:
            raise ConnectionFailedError(str(error) or type(error).__name__) from error
        if self._route.on_open is not None:
            self._route.on_open()
        return _Connection(sock)

    def _open(self) -> _Connection:
        if self._connection is None:
            raise ConnectionFailedError("the connection is closed")
        return self._connection
