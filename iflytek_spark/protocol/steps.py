"""What ``call_flow`` asks of its driver, and what it gets back."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

from iflytek_spark.messages import ImagePart


class LoadImage(NamedTuple):
    """Fetch an image if it is an address, and bring it into a form that Spark takes.

    The answer is the bytes of a JPEG or PNG file; the driver throws SparkError.
    """

    image: ImagePart
    timeout: float


class Opening(NamedTuple):
    """How a connection is opened.

    Attributes:
        url: the address, signed where the dialect signs it.
        headers: what goes with it; a key among them is a secret.
        key_hint: what to check when a key that goes as it is, unsigned, is refused.
        method: the method of HTTP.
        length: bytes of a request's body that is sent in parts, or None for one that is sent whole.
        lines: whether the body of the answer is read by lines.
    """

    url: str
    headers: Mapping[str, str] = {}
    key_hint: str = ""
    method: str = "POST"
    length: int | None = None
    lines: bool = False


class Connect(NamedTuple):
    """Open a connection; the answer is None.

    The driver throws TimeoutError, :class:`HTTPStatusError` or
    :class:`ConnectionFailedError`. A transport of HTTP may do so at a later step.
    """

    opening: Opening
    timeout: float


class Send(NamedTuple):
    """Send the request, or the next part of its body; the answer is None."""

    data: str | bytes
    timeout: float


class Receive(NamedTuple):
    """Wait for the next message; the answer is its payload, or None when the peer closed."""

    timeout: float


class Sleep(NamedTuple):
    """Wait; the answer is None."""

    seconds: float


class Run(NamedTuple):
    """Do something that may wait for a disk; the answer is what it returns.

    What it raises ends the call as it is.
    """

    work: Callable[[], object]


class TakeTurn(NamedTuple):
    """Take a turn of a rate; the answer is the seconds after which to ask again, or 0."""

    turn: Turn


class Emit(NamedTuple):
    """Hand events, or the result of a call that has no events, to the caller."""

    events: tuple[Any, ...]


Step: TypeAlias = LoadImage | Connect | Send | Receive | Sleep | Run | TakeTurn | Emit
StepResult: TypeAlias = object

T = TypeVar("T")
Flow: TypeAlias = Generator[Step, Any, T]
"""Yields steps and is sent the answer of each, as the step says; returns what a call returns."""


class TransportError(Exception):
    """Base of what a transport throws into the flow, with the library's exception as cause."""


class ConnectionFailedError(TransportError):
    """The connection could not be made, or broke."""


class NotConnectedError(ConnectionFailedError):
    """The connection could not even be made, at whichever step that was tried."""


class RedirectedError(NotConnectedError):
    """The service answered with a redirect; a signature is for one address."""


class ConnectTimedOutError(TimeoutError):
    """The connection was not open in time, at whichever step that was tried."""


class StaleConnectionError(ConnectionFailedError):
    """A connection that was opened ahead of the call broke before anything had come over it.

    Thrown once in a call at most: whoever throws it opens the call's next connections afresh.
    """


class MessageTooLargeError(TransportError):
    """A message was longer than a transport accepts."""


class HTTPStatusError(TransportError):
    """The service answered with an HTTP status that is none of success.

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


class Turn(Protocol):
    """A place in the queue of a rate, and the turn when it has come."""

    def ask(self) -> float:
        """Return the seconds after which to ask again, or 0 when the turn has come.

        Raises:
            SparkError: when it cannot come.
        """

    async def aask(self) -> float:
        """Ask without keeping the event loop; see :meth:`ask`."""

    def sent(self) -> None:
        """Note that the request has been sent; it returns at once."""

    def release(self) -> None:
        """Leave, at the request's end or before the turn has come; it returns at once."""


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
