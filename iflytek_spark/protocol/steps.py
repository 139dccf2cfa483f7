"""What ``chat_flow`` asks of its driver, and what it hears back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from iflytek_spark.messages import ImagePart
from iflytek_spark.protocol.events import Event


class LoadImage(NamedTuple):
    """Fetch an image if it is an address, and bring it into a form that Spark takes.

    The answer is the bytes of a JPEG or PNG file; the driver throws SparkError.
    """

    image: ImagePart
    timeout: float


class Connect(NamedTuple):
    """Open a WebSocket; the answer is None.

    The driver throws TimeoutError, :class:`HandshakeRefusedError` or
    :class:`ConnectionFailedError`.
    """

    url: str
    timeout: float


class Send(NamedTuple):
    """Send one text frame; the answer is None."""

    data: str
    timeout: float


class Receive(NamedTuple):
    """Wait for the next data frame; the answer is its payload, or None when the peer closed."""

    timeout: float


class Sleep(NamedTuple):
    """Wait; the answer is None."""

    seconds: float


class Emit(NamedTuple):
    """Hand events to the caller; the answer is None."""

    events: tuple[Event, ...]


Step: TypeAlias = LoadImage | Connect | Send | Receive | Sleep | Emit
StepResult: TypeAlias = bytes | str | None


class TransportError(Exception):
    """Base of what a transport throws into the flow, with the library's exception as cause."""


class ConnectionFailedError(TransportError):
    """The connection could not be made, or broke."""


class RedirectedError(ConnectionFailedError):
    """The service answered with a redirect; a signature is for one address."""


class StaleConnectionError(ConnectionFailedError):
    """A connection that was opened ahead of the call broke before any frame had come.

    Thrown once in a call at most: whoever throws it opens the call's next connections afresh.
    """


class FrameTooLargeError(TransportError):
    """A frame was longer than a transport accepts."""


class HandshakeRefusedError(TransportError):
    """The service answered the handshake with a plain HTTP response.

    Attributes:
        status: its HTTP status.
        headers: its headers, names in lower case.
        body: its body.
    """

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Keep the response."""
        super().__init__(f"HTTP {status}")
        self.status = status
        self.headers = headers
        self.body = body


class Clock(NamedTuple):
    """Time and chance, handed in so that the protocol itself has neither.

    Attributes:
        wall: seconds since 1970, for signatures.
        monotonic: seconds since any moment, for time-outs.
        random: a number from 0 to 1, for the jitter of retries.
    """

    wall: Callable[[], float]
    monotonic: Callable[[], float]
    random: Callable[[], float]
