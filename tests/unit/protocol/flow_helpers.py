"""Drives ``call_flow`` by hand: no transport, no time but the one that is moved here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from iflytek_spark.credentials import Credentials
from iflytek_spark.errors import SparkError
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.protocol.call import CallContext, call_flow
from iflytek_spark.protocol.dialects import CHAT_DIALECTS
from iflytek_spark.protocol.events import Event
from iflytek_spark.protocol.exchange import ChatExchange
from iflytek_spark.protocol.reading import Reading
from iflytek_spark.protocol.retry import RetryPolicy
from iflytek_spark.protocol.steps import Clock, Emit, Flow, Receive, Step, StepResult
from iflytek_spark.requests.build import ChatRequest, build_request
from iflytek_spark.requests.options import ChatOptions
from iflytek_spark.timeouts import Timeouts

ME = Credentials("app1", "test-key", "test-secret")
NOW = 1736150400.0


@dataclass
class Time:
    """A clock that only moves when it is told to."""

    now: float = 0.0
    jitter: float = 0.0

    @property
    def clock(self) -> Clock:
        return Clock(lambda: NOW + self.now, lambda: self.now, lambda: self.jitter)


def chat(
    request: ChatRequest,
    clock: Clock,
    timeouts: Timeouts | None = None,
    max_retries: int = 2,
    reading: Reading | None = None,
) -> Flow[None]:
    retry, url = RetryPolicy(max_retries), request.spec.url
    limits, reading = timeouts or Timeouts(), reading or Reading()
    context = CallContext(ME, url, clock, "uid1", limits, retry, reading)
    return call_flow(context, ChatExchange(CHAT_DIALECTS[request.spec.dialect], request))


def call(
    time: Time | None = None,
    *,
    model: str = "4.0Ultra",
    max_retries: int = 2,
    timeouts: Timeouts | None = None,
    reading: Reading | None = None,
    **options: Any,
) -> Flow[None]:
    request = build_request(find_model(model), "你好", cast(ChatOptions, options))
    return chat(request, (time or Time()).clock, timeouts, max_retries, reading)


class Hand:
    """Holds a flow, and the step that it waits at."""

    def __init__(self, flow: Flow[None]) -> None:
        self.flow = flow
        self.step: Step | None = next(self.flow)

    def say(self, result: StepResult = None) -> Step | None:
        """Answer the step, and return the next one, or None at the end."""
        try:
            self.step = self.flow.send(result)
        except StopIteration:
            self.step = None
        return self.step

    def throw(self, error: Exception) -> Step | None:
        """Fail the step, and return the next one."""
        self.step = self.flow.throw(error)
        return self.step

    def receiving(self) -> Hand:
        """Go on to the first Receive."""
        while not isinstance(self.step, Receive):
            if self.say() is None:
                raise EOFError("the flow has ended")
        return self


@dataclass
class Outcome:
    """What a caller saw of one call."""

    events: list[Event] = field(default_factory=list)
    error: SparkError | None = None


def play(flow: Flow[None], raws: Iterable[bytes | str]) -> Outcome:
    """Run a flow on a recording, at whose end the service closes."""
    frames, outcome = iter(raws), Outcome()
    result: StepResult = None
    try:
        step = next(flow)
        while True:
            if isinstance(step, Emit):
                outcome.events += step.events
            result = next(frames, None) if isinstance(step, Receive) else None
            step = flow.send(result)
    except StopIteration:
        pass
    except SparkError as error:
        outcome.error = error
    return outcome
