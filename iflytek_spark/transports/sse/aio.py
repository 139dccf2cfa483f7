"""Server-sent events in the running event loop; ``sync`` is the same for threads."""

from __future__ import annotations

import asyncio
import weakref

from iflytek_spark.protocol.steps import (
    ConnectionFailedError,
    Opening,
    StaleConnectionError,
    TransportError,
)
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.loop_end import ByLoop
from iflytek_spark.transports.preconnect.base import reset_after_fork
from iflytek_spark.transports.sse.aio_connections import Connection, LoopConnections
from iflytek_spark.transports.sse.aio_opening import open_connection
from iflytek_spark.transports.sse.answer import (
    ERROR_BODY_TIMEOUT,
    Answer,
    Origin,
    as_bytes,
    write_request,
)
from iflytek_spark.transports.tls import checked_context


class AsyncSsePool:
    """Makes the transports of one client; the connections of each event loop are its own."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._loops = ByLoop(LoopConnections)
        weakref.finalize(self, self._loops.close)
        reset_after_fork(self._loops)

    def __reduce__(self) -> tuple[type[AsyncSsePool], tuple[()]]:
        return AsyncSsePool, ()

    def __call__(self, route: ConnectionOptions) -> AsyncSseTransport:
        """Make the transport of one call."""
        return AsyncSseTransport(route, self)

    def running(self) -> LoopConnections:
        """Return those of the running loop."""
        return self._loops.running()

    def close(self) -> None:
        """Close what is kept open."""
        self._loops.close()


class AsyncSseTransport:
    """One call; see :class:`~iflytek_spark.transports.base.AsyncTransport`."""

    def __init__(self, route: ConnectionOptions, pool: AsyncSsePool) -> None:
        """Prepare without connecting."""
        self._route = route
        self._pool = pool
        self._home: LoopConnections | None = None
        self._may_take = True
        self._opening = Opening("")
        self._origin = Origin.of("")
        self._begun = False
        self._connection: Connection | None = None

    async def connect(self, opening: Opening, timeout: float) -> None:
        """Take a connection that is open, or open one."""
        self.close()
        self._opening, self._origin, self._begun = opening, Origin.of(opening.url), False
        self._home = self._pool.running()
        taken = self._home.take(self._origin) if self._may_take else None
        self._connection = taken or await self._opened(timeout)

    async def send(self, data: str | bytes, timeout: float) -> None:
        """Send the request, or the next part of its body, as fast as the peer takes the parts."""
        connection, opening = self._open(), self._opening
        if self._begun:
            connection.write(as_bytes(data))
        else:
            self._begun = True
            connection.answer = Answer(opening.lines)
            connection.write(write_request(opening, data))
        if opening.length is not None:
            await connection.drain(timeout)

    async def receive(self, timeout: float) -> bytes | None:
        """Return the next event's data, or None at the answer's end."""
        connection = self._open()
        answer = connection.answer
        message = answer.take()
        if message is not None:
            return message
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while (message := answer.take()) is None and not answer.over:
            self._check(connection)
            if answer.waits_for_error_body:
                deadline = min(deadline, loop.time() + ERROR_BODY_TIMEOUT)
            try:
                if not answer.over:
                    await connection.wait(deadline - loop.time())
            except TimeoutError:
                answer.refuse()
                raise
        answer.refuse()
        return message

    async def sleep(self, seconds: float) -> None:
        """Wait between two tries."""
        await asyncio.sleep(seconds)

    def close(self) -> None:
        """Keep the connection where the answer has come to its end; else close it at once."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._home and connection.answer.reusable and not connection.ended:
            connection.used = True
            self._home.give(self._origin, connection)
        else:
            connection.close()

    def _check(self, connection: Connection) -> None:
        """Take note of a connection that has ended."""
        answer = connection.answer
        if connection.failure is not None or connection.ended:
            answer.refuse()
        if isinstance(connection.failure, TransportError):
            raise self._broken(connection, connection.failure)
        if connection.ended:
            try:
                answer.end()
            except ConnectionFailedError as error:
                raise self._broken(connection, error) from error

    def _broken(self, connection: Connection, error: TransportError) -> TransportError:
        if connection.used and not connection.answer.response.begun:
            self._may_take = False
            return StaleConnectionError(str(error))
        return error

    async def _opened(self, timeout: float) -> Connection:
        context = checked_context(self._route.ssl_context) if self._origin.secure else None
        url, proxy = self._opening.url, self._route.proxy
        try:
            connection = await open_connection(url, proxy, context, timeout)
        except TimeoutError:
            raise
        except (OSError, ValueError) as error:
            raise ConnectionFailedError(str(error) or type(error).__name__) from error
        if self._route.on_open is not None:
            self._route.on_open()
        return connection

    def _open(self) -> Connection:
        if self._connection is None:
            raise ConnectionFailedError("the connection is closed")
        return self._connection
