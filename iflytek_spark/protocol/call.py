"""The whole life of a call as one generator, driven by a sync and an async client alike.

::

    (TakeTurn, Sleep) ─► Connect ─► Send ─► Receive ─► Emit ─► Receive ─► … ─► the end
            ▲                                   │
            └────────────── Sleep ◄─────────────┘  a retryable failure before the first event

It is the same for chat and for what is posted: an :class:`Exchange` says what is asked and how the
answer is read. A connection that was opened ahead and proves dead is replaced without a Sleep and
without count.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from iflytek_spark.credentials import Credentials
from iflytek_spark.errors import (
    APIConnectionError,
    APITimeoutError,
    ProtocolError,
    SparkError,
    StreamInterruptedError,
    ToolNotCalledError,
)
from iflytek_spark.protocol.exchange import Exchange
from iflytek_spark.protocol.filters.tool_arguments import RefusedArgumentsError
from iflytek_spark.protocol.reading import Reading
from iflytek_spark.protocol.retry import RetryPolicy
from iflytek_spark.protocol.secrets.call_secrets import secrets_of
from iflytek_spark.protocol.secrets.redaction import Secrets
from iflytek_spark.protocol.steps import (
    Clock,
    Connect,
    ConnectTimedOutError,
    Emit,
    Flow,
    HTTPStatusError,
    MessageTooLargeError,
    NotConnectedError,
    Opening,
    Receive,
    RedirectedError,
    Send,
    Sleep,
    StaleConnectionError,
    TakeTurn,
    TransportError,
    Turn,
)
from iflytek_spark.protocol.wire.http_errors import status_error
from iflytek_spark.timeouts import Timeouts

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CallContext:
    """Who calls, where, and how patiently.

    Attributes:
        credentials: who asks.
        url: the address, not signed.
        clock: time and chance.
        uid: the user's id on the wire, for a request that names none.
        timeouts: how patient to be.
        retry: when to try again.
        reading: how the answer is read.
        turn: joins the queue of a rate. Waiting for the turn does not count as the call's own
            time; a caller who leaves meanwhile leaves the queue. Each try takes a turn of its own.
        proxies: gives the addresses of proxies that the call may go through; they are asked for
            when it has failed, since what others say of that may quote them.
    """

    credentials: Credentials
    url: str
    clock: Clock
    uid: str
    timeouts: Timeouts = field(default_factory=Timeouts)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    reading: Reading = field(default_factory=Reading)
    turn: Callable[[], Turn | None] | None = None
    proxies: Callable[[], Iterable[str]] = tuple


def call_flow(context: CallContext, exchange: Exchange[Any, Any, T]) -> Flow[T]:
    """Run one call.

    Args:
        context: whom to ask, and how patiently.
        exchange: what to ask.

    Yields:
        Steps for the driver. It sends each step's result back in, and throws in TimeoutError
        or a :class:`~iflytek_spark.protocol.steps.TransportError`. The transport belongs to the
        driver, which closes it however the flow ends.

    Returns:
        The reader's result.

    Raises:
        SparkError: when the call has failed for good.
    """
    attempt = _Attempt(context, exchange)
    yield from attempt.prepare()
    failures = 0
    while True:
        try:
            yield from attempt.wait_for_turn()
            return (yield from attempt.run())
        except ToolNotCalledError:
            if attempt.emitted or not exchange.retry_with_stronger_instruction():
                raise
            continue
        except RefusedArgumentsError as refused:
            exchange.retry_with_refused_arguments(refused.call, refused.problem)
            continue
        except StaleConnectionError:
            continue
        except SparkError as error:
            jitter = context.clock.random()
            seen = attempt.emitted and not exchange.resumes
            delay = context.retry.delay(error, failures, seen, jitter)
            if delay is None or delay >= attempt.remaining():
                raise
        finally:
            attempt.release_turn()
        failures += 1
        yield Sleep(delay)


class _Attempt(Generic[T]):
    """One try of a call; the deadline and what was emitted outlast it."""

    def __init__(self, context: CallContext, exchange: Exchange[Any, Any, T]) -> None:
        self._context = context
        self._exchange = exchange
        self._deadline = context.clock.monotonic() + context.timeouts.total
        self._first = context.clock.monotonic() + (context.timeouts.first or math.inf)
        self._stage = "connect"
        self._opening: Opening | None = None
        self._data: str | bytes = b""
        self._turn: Turn | None = None
        self._sending = False
        self.emitted = False

    def remaining(self) -> float:
        """Seconds that the whole call has left, or that its first event has."""
        deadline = self._deadline if self.emitted else min(self._deadline, self._first)
        return deadline - self._context.clock.monotonic()

    def within(self, timeout: float) -> float:
        """Bound a wait by the whole call; an answer that never pauses must end too."""
        remaining = self.remaining()
        if remaining <= 0:
            raise TimeoutError
        return min(timeout, remaining)

    def prepare(self) -> Flow[None]:
        """Fetch what the request needs."""
        try:
            yield from self._exchange.prepare(lambda: self.within(self._context.timeouts.connect))
        except APITimeoutError:
            raise  # of the site that was asked
        except TimeoutError as error:
            raise self._timed_out(error) from _origin(error)

    def wait_for_turn(self) -> Flow[None]:
        """Keep to the rate; the deadline moves by as much."""
        context = self._context
        self._turn = context.turn() if context.turn else None
        if self._turn is None:
            return
        began = context.clock.monotonic()
        while (seconds := (yield TakeTurn(self._turn))) > 0:
            yield Sleep(seconds)
        waited = context.clock.monotonic() - began
        self._deadline += waited
        self._first += waited

    def release_turn(self) -> None:
        """Leave the queue, or end the turn, if there is one."""
        if self._turn is not None:
            if self._sending:
                self._turn.sent()
            self._turn.release()
            self._turn, self._sending = None, False

    def run(self) -> Flow[T]:
        """Connect, ask and read, with every failure as a SparkError that holds no secret."""
        now = self._context.clock.wall()
        try:
            return (yield from self._read(now))
        except (SparkError, TimeoutError, TransportError) as error:
            if isinstance(error, StaleConnectionError) and self._exchange.repeatable:
                raise  # no failure of the call
            secrets = self._secrets()
            failure = secrets.clean(self._failure(secrets.clean(error), now))
            if failure is error:
                raise
            raise failure from _origin(error)

    def _secrets(self) -> Secrets:
        context = self._context
        return secrets_of(context.credentials, self._opening, context.proxies(), self._data)

    def _failure(self, error: Exception, now: float) -> SparkError:
        match error:
            case SparkError():
                return error
            case TimeoutError():
                return self._timed_out(error)
            case HTTPStatusError():
                hint = self._opening.key_hint if self._opening else ""
                return status_error(error, now, hint)
            case MessageTooLargeError():
                return ProtocolError(f"Spark sent a message that is too large: {error}")
        return self._lost(error)

    def _read(self, now: float) -> Flow[T]:
        context, limits = self._context, self._context.timeouts
        self._stage = "connect"
        self._data = self._exchange.write(context.credentials.app_id, context.uid)
        self._opening = self._exchange.open(context.url, context.credentials, now)
        yield Connect(self._opening, self.within(limits.connect))
        self._stage = "response"
        yield Send(self._data, self.within(limits.response))
        yield from self._exchange.send_rest(lambda: self.within(limits.response))
        if self._turn is not None:
            self._note_sending(self._turn)
        reader = self._exchange.read(context.reading)
        timeout = limits.response
        while not reader.done:
            events = reader.receive((yield Receive(self.within(timeout))))
            if events:
                self.emitted = True
                yield Emit(events)
            self._stage, timeout = "idle", limits.idle
        return reader.result

    def _note_sending(self, turn: Turn) -> None:
        """Note when the request is sent: now, or it is not known before its answer."""
        if self._exchange.sends_at_once:
            turn.sent()
        else:
            self._sending = True

    def _timed_out(self, error: TimeoutError) -> APITimeoutError:
        limits = self._context.timeouts
        stage = "connect" if isinstance(error, ConnectTimedOutError) else self._stage
        total = self.remaining() <= 0
        if total:
            first = not self.emitted and self._first < self._deadline
            stage = "first" if first else "total"
        timed_out = APITimeoutError(
            f"Spark's time-out {stage!r} of {getattr(limits, stage):g} s ran out",
            hint=f"raise Timeouts({stage}=…) if the answer may take longer",
            retryable=not total,
        )
        timed_out.stage = stage
        return timed_out

    def _lost(self, error: Exception) -> APIConnectionError:
        if self._stage == "connect" or isinstance(error, NotConnectedError):
            return APIConnectionError(
                f"no connection to {_host(self._context.url)}: {error}",
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
