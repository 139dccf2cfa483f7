"""Drives the flows of signed POST by hand: no transport, no time but the script's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from iflytek_spark.credentials import Credentials
from iflytek_spark.errors import SparkError
from iflytek_spark.protocol.call import CallContext, call_flow
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.exchange import SingleExchange
from iflytek_spark.protocol.retry import RetryPolicy
from iflytek_spark.protocol.steps import (
    Connect,
    Flow,
    HTTPStatusError,
    Opening,
    Receive,
    Send,
    Sleep,
    Step,
    TakeTurn,
)
from iflytek_spark.protocol.wire.signing import sign_url
from tests.unit.protocol.flow_helpers import ME, Time

URL = "https://emb-cn-huabei-1.xf-yun.com/"
T = TypeVar("T")


def text_of(body: bytes) -> str:
    return body.decode()


@dataclass(frozen=True)
class Posted:
    """A dialect of signed POST whose answers ``decode_body`` reads."""

    decode_body: Callable[[bytes], Any]

    def open(self, url: str, credentials: Credentials, now: float) -> Opening:
        return Opening(sign_url(url, credentials, now, "POST"))

    def encode(self, request: bytes, app_id: str, uid: str) -> bytes:
        return request

    def decode(self, data: str | bytes, noted: Deviations) -> Any:
        del noted
        return self.decode_body(data if isinstance(data, bytes) else data.encode())


def call(
    time: Time | None = None,
    max_retries: int = 2,
    decode: Callable[[bytes], Any] = text_of,
    **more: Any,
) -> Flow[Any]:
    clock = (time or Time()).clock
    context = CallContext(ME, URL, clock, "uid1", retry=RetryPolicy(max_retries), **more)
    return call_flow(context, SingleExchange(Posted(decode), b"{}"))


def ok(body: str = "fine", status: int = 200, **headers: str) -> bytes | HTTPStatusError:
    if status == 200:
        return body.encode()
    return HTTPStatusError(status, headers, body.encode())


class Post(NamedTuple):
    """One request, put together from the steps that it takes."""

    url: str
    body: str | bytes
    connect_timeout: float
    timeout: float


@dataclass
class Played:
    """What a flow asked for, and how it ended."""

    steps: list[Step] = field(default_factory=list)
    result: Any = None
    error: SparkError | None = None

    @property
    def slept(self) -> list[float]:
        return [step.seconds for step in self.steps if isinstance(step, Sleep)]

    @property
    def posts(self) -> list[Post]:
        triples = zip(self.steps, self.steps[1:], self.steps[2:])
        return [
            Post(opened.opening.url, sent.data, opened.timeout, received.timeout)
            for opened, sent, received in triples
            if isinstance(opened, Connect)
            and isinstance(sent, Send)
            and isinstance(received, Receive)
        ]


def play(flow: Flow[T], *happenings: bytes | Exception, time: Time | None = None) -> Played:
    """Answer each request with the next happening; a wait passes at once."""
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


def _answered(flow: Flow[T], step: Step, answers: Any, time: Time | None) -> Step:
    if isinstance(step, Sleep) and time is not None:
        time.now += step.seconds
    if isinstance(step, TakeTurn):
        return flow.send(step.turn.ask())
    if not isinstance(step, Receive):
        return flow.send(None)
    happening = next(answers)
    return flow.throw(happening) if isinstance(happening, Exception) else flow.send(happening)


def receiving(flow: Flow[T]) -> Post:
    """Go on to the next Receive, and return the request that was made."""
    opened, sent, received = next(flow), flow.send(None), flow.send(None)
    if not (
        isinstance(opened, Connect) and isinstance(sent, Send) and isinstance(received, Receive)
    ):
        raise TypeError(f"{opened}, {sent}, {received}")
    return Post(opened.opening.url, sent.data, opened.timeout, received.timeout)
