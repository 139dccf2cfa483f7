"""A transport without sockets: a script of what the service does, for tests of your own.

::

    script = MockScript([[frame, frame]])
    client = SparkClient(credentials, transport=script.sync, clock=script.clock)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from iflytek_spark.protocol.steps import Clock, Opening, TransportError
from iflytek_spark.transports.base import ConnectionOptions


@dataclass(frozen=True, slots=True)
class Wait:
    """The service is silent for so many seconds of the script's own clock."""

    seconds: float


Happening: TypeAlias = str | bytes | Wait | TransportError
Connection: TypeAlias = Sequence[Happening] | TransportError | Wait


@dataclass(slots=True)
class MockScript:
    """What the service does on each connection, and what the client did.

    Attributes:
        connections: one entry a connection. A list holds the frames in order, over HTTP the data
            of the events with ``[DONE]`` as the last, or one whole body, with waits and
            failures between them; at its end the service closes. A failure or a wait in
            place of a list happens while connecting.
        urls: the URLs that were connected to, those of the WebSocket signed.
        sent: the requests as they were written.
        slept: the waits between tries.
        open: connections that are not closed yet.
        now: the script's clock, in seconds.
    """

    connections: Sequence[Connection]
    urls: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    open: int = 0
    now: float = 0.0

    @property
    def clock(self) -> Clock:
        """A clock that moves only as the script says; its chance is always 0."""
        return Clock(lambda: self.now, lambda: self.now, lambda: 0.0)

    def sync(self, _route: ConnectionOptions) -> MockTransport:
        """Make the transport of one call of a SparkClient."""
        return MockTransport(self)

    def aio(self, _route: ConnectionOptions) -> AsyncMockTransport:
        """Make the transport of one call of an AsyncSparkClient."""
        return AsyncMockTransport(self)

    def wait(self, seconds: float, timeout: float) -> None:
        """Let time pass, but no more than the time-out."""
        self.now += min(seconds, timeout)
        if seconds > timeout:
            raise TimeoutError


class MockTransport:
    """See :class:`~iflytek_spark.transports.base.Transport`."""

    def __init__(self, script: MockScript) -> None:
        """Follow ``script``."""
        self._script = script
        self._frames: list[Happening] | None = None

    def connect(self, opening: Opening, timeout: float) -> None:
        """Take the script's next connection."""
        self.close()
        number = len(self._script.urls)
        if number >= len(self._script.connections):
            raise AssertionError(f"the script has no connection after {number}")
        connection = self._script.connections[number]
        self._script.urls.append(opening.url)
        if isinstance(connection, TransportError):
            raise connection
        if isinstance(connection, Wait):
            self._script.wait(connection.seconds, timeout)
            connection = ()
        self._frames = list(connection)
        self._script.open += 1

    def send(self, data: str | bytes, timeout: float) -> None:
        """Record the request."""
        del timeout
        self._script.sent.append(data if isinstance(data, str) else data.decode())

    def receive(self, timeout: float) -> bytes | str | None:
        """Return the next frame of the script."""
        while self._frames:
            happening = self._frames.pop(0)
            if isinstance(happening, TransportError):
                raise happening
            if not isinstance(happening, Wait):
                return happening
            self._script.wait(happening.seconds, timeout)
        return None

    def sleep(self, seconds: float) -> None:
        """Record the wait, and let it pass at once."""
        self._script.slept.append(seconds)
        self._script.now += seconds

    def close(self) -> None:
        """Close the connection."""
        if self._frames is not None:
            self._script.open -= 1
        self._frames = None


class AsyncMockTransport:
    """See :class:`~iflytek_spark.transports.base.AsyncTransport`."""

    def __init__(self, script: MockScript) -> None:
        """Follow ``script``."""
        self._mock = MockTransport(script)

    async def connect(self, opening: Opening, timeout: float) -> None:
        """Take the script's next connection."""
        self._mock.connect(opening, timeout)

    async def send(self, data: str | bytes, timeout: float) -> None:
        """Record the request."""
        self._mock.send(data, timeout)

    async def receive(self, timeout: float) -> bytes | str | None:
        """Return the next frame of the script."""
        return self._mock.receive(timeout)

    async def sleep(self, seconds: float) -> None:
        """Record the wait, and let it pass at once."""
        self._mock.sleep(seconds)

    def close(self) -> None:
        """Close the connection."""
        self._mock.close()
