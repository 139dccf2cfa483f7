"""The whole life of a request as one generator, driven by a sync and an async client alike.

::

    Connect ─► Send ─► Receive ─► Emit ─► Receive ─► … ─► Finished
       ▲                  │
       └──── Sleep ◄──────┘  a retryable failure before the first event

A connection that was opened ahead and proves dead is replaced without a Sleep and without count.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from iflytek_spark.credentials import Credentials
from iflytek_spark.errors import (
    APIConnectionError,
    APITimeoutError,
    InvalidFrameError,
    SparkError,
    StreamInterruptedError,
    ToolNotCalledError,
)
from iflytek_spark.messages import ImagePart
from iflytek_spark.protocol.chat import ChatProtocol
from iflytek_spark.protocol.events import Finished
from iflytek_spark.protocol.filters import Events, filters_for
from iflytek_spark.protocol.frames import decode_frame, encode_request
from iflytek_spark.protocol.handshake import refusal_error
from iflytek_spark.protocol.retry import RetryPolicy
from iflytek_spark.protocol.signing import sign_url
from iflytek_spark.protocol.steps import (
    Clock,
    Connect,
    Emit,
    FrameTooLargeError,
    HandshakeRefusedError,
    LoadImage,
    Receive,
    RedirectedError,
    Send,
    Sleep,
    StaleConnectionError,
    Step,
    StepResult,
    TransportError,
)
from iflytek_spark.protocol.timeouts import Timeouts
from iflytek_spark.requests import ChatRequest, insisted

Flow: TypeAlias = Generator[Step, StepResult, None]


@dataclass(frozen=True, slots=True)
class Call:
    """All that one call needs to know."""

    request: ChatRequest
    credentials: Credentials
    url: str
    uid: str
    clock: Clock
    timeouts: Timeouts = field(default_factory=Timeouts)
    retry: RetryPolicy = field(default_factory=RetryPolicy)


def chat_flow(call: Call) -> Flow:
    """Run one call.

    Args:
        call: what to ask, of whom, and how patiently.

    Yields:
        Steps for the driver. It sends each step's result back in, and throws in TimeoutError
        or a :class:`~iflytek_spark.protocol.steps.TransportError`. The transport belongs to the
        driver, which closes it however the flow ends.

    Raises:
        SparkError: when the call has failed for good.
    """
    attempt = _Attempt(call)
    yield from attempt.prepare()
    failures = 0
    while True:
        try:
            yield from attempt.run()
        except ToolNotCalledError:
            if not attempt.insist():
                raise
            continue
        except StaleConnectionError:
            continue
        except SparkError as error:
            jitter = call.clock.random()
            delay = call.retry.delay(error, failures, attempt.emitted, jitter)
            if delay is None or delay >= attempt.remaining():
                raise
        else:
            return
        failures += 1
        yield Sleep(delay)


class _Attempt:
    """One try of a call; the deadline and what was emitted outlast it."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._request = call.request
        self._data = ""
        self._deadline = call.clock.monotonic() + call.timeouts.total
        self._stage = "connect"
        self.emitted = False

    def remaining(self) -> float:
        """Seconds that the whole call has left."""
        return self._deadline - self._call.clock.monotonic()

    def prepare(self) -> Flow:
        """Load the images, and write the request."""
        messages = self._request.messages
        for image in [image for message in messages for image in message.images]:
            data = yield LoadImage(image, self._within(self._call.timeouts.connect))
            loaded = ImagePart(data if isinstance(data, bytes) else b"")
            messages = tuple(message.replacing(image, loaded) for message in messages)
        self._write(replace(self._request, messages=messages))

    def insist(self) -> bool:
        """Ask for a tool call once more, in stronger words; False when that was done before."""
        again = insisted(self._request)
        if self.emitted or again == self._request:
            return False
        self._write(again)
        return True

    def _write(self, request: ChatRequest) -> None:
        self._request = request
        self._data = encode_request(request, self._call.credentials.app_id, self._call.uid)

    def run(self) -> Flow:
        """Connect, ask and read, with every failure as a SparkError."""
        call = self._call
        timestamp = call.clock.wall()
        try:
            yield from self._exchange(sign_url(call.url, call.credentials, timestamp))
        except TimeoutError as error:
            raise self._timed_out() from _origin(error)
        except HandshakeRefusedError as refused:
            raise refusal_error(refused, timestamp) from _origin(refused)
        except StaleConnectionError:
            raise  # no failure of the call
        except FrameTooLargeError as error:
            raise InvalidFrameError(f"Spark sent a frame that is too large: {error}") from _origin(
                error
            )
        except TransportError as error:
            raise self._lost(error) from _origin(error)

    def _exchange(self, signed_url: str) -> Flow:
        call, limits = self._call, self._call.timeouts
        self._stage = "connect"
        yield Connect(signed_url, self._within(limits.connect))
        self._stage = "first_frame"
        yield Send(self._data, self._within(limits.first_frame))
        protocol = ChatProtocol(call.request.max_tokens)
        filters = filters_for(self._request, lambda: protocol.sid)
        patience = limits.first_frame
        events: Events = ()
        while not (events and isinstance(events[-1], Finished)):
            payload = yield Receive(self._within(patience))
            events = (
                protocol.closed() if payload is None else protocol.receive(decode_frame(payload))
            )
            for apply in filters:
                events = apply(events)
            if events:
                self.emitted = True
                yield Emit(events)
            self._stage, patience = "between_frames", limits.between_frames

    def _within(self, timeout: float) -> float:
        """Bound a wait by the whole call; an answer that never pauses must end too."""
        remaining = self.remaining()
        if remaining <= 0:
            raise TimeoutError
        return min(timeout, remaining)

    def _timed_out(self) -> APITimeoutError:
        limits = self._call.timeouts
        total = self._deadline <= self._call.clock.monotonic()
        stage = "total" if total else self._stage
        error = APITimeoutError(
            f"Spark's time-out {stage!r} of {getattr(limits, stage):g} s ran out",
            hint=f"raise Timeouts({stage}=…) if the answer may take longer",
            retryable=not total,
        )
        error.stage = stage
        return error

    def _lost(self, error: TransportError) -> APIConnectionError:
        if self._stage == "connect":
            return APIConnectionError(
                f"no connection to {_host(self._call.url)}: {error}",
                hint="check the network, the proxy and base_url",
                retryable=not isinstance(error, RedirectedError),
            )
        return StreamInterruptedError(
            f"the connection was lost before the answer was whole: {error}"
        )


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _origin(error: Exception) -> BaseException:
    """Return the library's own exception, which is what a cause should show."""
    return error.__cause__ or error
