"""The whole life of a signed POST as one generator, driven by a sync and an async client alike.

::

    (Sleep until it is its turn) ─► Post ─► the answer, decoded
              ▲                       │
              └──────── Sleep ◄───────┘  a failure that may pass
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from iflytek_spark.credentials import Credentials
from iflytek_spark.errors import (
    APIConnectionError,
    APITimeoutError,
    InvalidFrameError,
    SparkError,
)
from iflytek_spark.protocol.envelope import read_error
from iflytek_spark.protocol.handshake import refusal_error
from iflytek_spark.protocol.retry import RetryPolicy
from iflytek_spark.protocol.signing import sign_url
from iflytek_spark.protocol.steps import (
    Clock,
    ConnectionFailedError,
    FrameTooLargeError,
    HandshakeRefusedError,
    Sleep,
    TransportError,
)
from iflytek_spark.protocol.timeouts import Timeouts

T = TypeVar("T")


class Post(NamedTuple):
    """Send a POST request; the answer is a :class:`Reply`, whatever its status.

    The driver throws TimeoutError (:class:`ConnectTimedOutError` before the connection is
    open) or a :class:`~iflytek_spark.protocol.steps.TransportError`.
    """

    url: str
    body: bytes
    connect_timeout: float
    timeout: float


class Reply(NamedTuple):
    """An HTTP response.

    Attributes:
        status: its status.
        headers: its headers, names in lower case.
        body: its body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class ConnectTimedOutError(TimeoutError):
    """The connection was not open in time."""


PostStep: TypeAlias = Post | Sleep
PostFlow: TypeAlias = Generator[PostStep, Reply | None, T]


def _at_once() -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class PostCall(Generic[T]):
    """All that one call needs to know.

    Attributes:
        url: the service's address, not signed.
        body: the request's body.
        decode: reads the body of an answer, and raises SparkError.
        credentials: whose key and secret sign.
        clock: time and chance.
        timeouts: how patient to be: ``first_frame`` is for the answer of one try.
        retry: when to try again.
        turn: takes the next turn of a rate limit, and returns the seconds until it comes.
            They do not count as the call's own time.
    """

    url: str
    body: bytes
    decode: Callable[[bytes], T]
    credentials: Credentials
    clock: Clock
    timeouts: Timeouts = field(default_factory=Timeouts)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    turn: Callable[[], float] = _at_once


def post_flow(call: PostCall[T]) -> PostFlow[T]:
    """Run one call.

    Args:
        call: what to ask, of whom, and how patiently.

    Yields:
        Steps for the driver. It sends each step's result back in, and throws in TimeoutError
        or a :class:`~iflytek_spark.protocol.steps.TransportError`.

    Returns:
        What ``call.decode`` made of the answer.

    Raises:
        SparkError: when the call has failed for good.
    """
    attempt = _Attempt(call)
    failures = 0
    while True:
        yield from attempt.wait_for_turn()
        try:
            return (yield from attempt.run())
        except SparkError as error:
            delay = call.retry.delay(error, failures, emitted=False, jitter=call.clock.random())
            if delay is None or delay >= attempt.remaining():
                raise
        failures += 1
        yield Sleep(delay)


class _Attempt(Generic[T]):
    """One try of a call; the deadline outlasts it."""

    def __init__(self, call: PostCall[T]) -> None:
        self._call = call
        self._deadline = call.clock.monotonic() + call.timeouts.total

    def remaining(self) -> float:
        """Seconds that the whole call has left, at least a moment."""
        return max(self._deadline - self._call.clock.monotonic(), 0.001)

    def wait_for_turn(self) -> Generator[PostStep, Reply | None, None]:
        """Keep to the rate limit; the deadline moves by as much."""
        seconds = self._call.turn()
        if seconds > 0:
            self._deadline += seconds
            yield Sleep(seconds)

    def run(self) -> PostFlow[T]:
        """Ask once, with every failure as a SparkError."""
        timestamp = self._call.clock.wall()
        try:
            return (yield from self._exchange(timestamp))
        except TimeoutError as error:
            raise self._timed_out(error) from _origin(error)
        except HandshakeRefusedError as refused:
            raise refusal_error(refused, timestamp) from None
        except FrameTooLargeError as error:
            raise InvalidFrameError(f"Spark sent an answer that is too large: {error}") from (
                _origin(error)
            )
        except TransportError as error:
            raise APIConnectionError(
                f"the connection to {_host(self._call.url)} failed: {error}",
                hint="check the network, the proxy and base_url",
            ) from _origin(error)

    def _exchange(self, timestamp: float) -> PostFlow[T]:
        call, limits = self._call, self._call.timeouts
        url = sign_url(call.url, call.credentials, timestamp, "POST")
        remaining = self.remaining()
        connect, answer = min(limits.connect, remaining), min(limits.first_frame, remaining)
        reply = yield Post(url, call.body, connect, answer)
        if reply is None:
            raise ConnectionFailedError("there was no answer")
        if 300 <= reply.status < 400:
            raise ConnectionFailedError(
                "the service answered with a redirect, which is not followed"
            )
        if reply.status != 200:
            refused = HandshakeRefusedError(reply.status, reply.headers, reply.body)
            raise read_error(reply.body) or refused
        return call.decode(reply.body)

    def _timed_out(self, error: TimeoutError) -> APITimeoutError:
        stage = "connect" if isinstance(error, ConnectTimedOutError) else "first_frame"
        total = self._deadline <= self._call.clock.monotonic()
        stage = "total" if total else stage
        limit = getattr(self._call.timeouts, stage)
        timed_out = APITimeoutError(
            f"Spark's time-out {stage!r} of {limit:g} s ran out",
            hint=f"raise Timeouts({stage}=…) if the answer may take longer",
            retryable=not total,
        )
        timed_out.stage = stage
        return timed_out


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _origin(error: Exception) -> BaseException:
    """Return the library's own exception, which is what a cause should show."""
    return error.__cause__ or error
