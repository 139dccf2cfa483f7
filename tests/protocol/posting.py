"""Drives the flows of signed POST by hand: no transport, no time but the script's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from iflytek_spark.errors import SparkError
from iflytek_spark.protocol.post import Post, PostCall, PostFlow, PostStep, Reply
from iflytek_spark.protocol.retry import RetryPolicy
from iflytek_spark.protocol.steps import Sleep
from tests.protocol.hand import ME, Time

URL = "https://emb-cn-huabei-1.xf-yun.com/"
T = TypeVar("T")


def text_of(body: bytes) -> str:
    return body.decode()


def call(time: Time | None = None, max_retries: int = 2, **more: Any) -> PostCall[str]:
    clock = (time or Time()).clock
    plain = PostCall(URL, b"{}", text_of, ME, clock, retry=RetryPolicy(max_retries))
    return replace(plain, **more)


def ok(body: str = "fine", status: int = 200, **headers: str) -> Reply:
    return Reply(status, headers, body.encode())


@dataclass
class Played:
    """What a flow asked for, and how it ended."""

    steps: list[PostStep] = field(default_factory=list)
    result: Any = None
    error: SparkError | None = None

    @property
    def slept(self) -> list[float]:
        return [step.seconds for step in self.steps if isinstance(step, Sleep)]

    @property
    def posts(self) -> list[Post]:
        return [step for step in self.steps if isinstance(step, Post)]


def play(flow: PostFlow[T], *happenings: Reply | Exception, time: Time | None = None) -> Played:
    """Answer each POST with the next happening; a wait passes at once."""
    played, answers = Played(), iter(happenings)
    try:
        step = next(flow)
        while True:
            played.steps.append(step)
            step = _answered(flow, step, answers, time)
    except StopIteration as done:
        played.result = done.value
    except SparkError as error:
        played.error = error
    return played


def _answered(flow: PostFlow[T], step: PostStep, answers: Any, time: Time | None) -> PostStep:
    if isinstance(step, Sleep):
        if time is not None:
            time.now += step.seconds
        return flow.send(None)
    happening = next(answers)
    return flow.throw(happening) if isinstance(happening, Exception) else flow.send(happening)
