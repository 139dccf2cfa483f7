"""The two drivers of a signed POST, and what a client hands to them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from iflytek_spark.credentials import Credentials
from iflytek_spark.protocol.post import Post, PostCall, PostFlow, PostStep, Reply
from iflytek_spark.protocol.retry import RetryPolicy
from iflytek_spark.protocol.steps import Clock, TransportError
from iflytek_spark.protocol.timeouts import Timeouts
from iflytek_spark.transports.base import Route
from iflytek_spark.transports.http import AsyncHttpTransport, HttpTransport

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls a service, where, and how patiently.

    Attributes:
        credentials: the app's.
        url: the service's address.
        route: how to reach it.
        clock: time and chance.
        timeouts: how patient to be.
        retry: when to try again.
        uid: the user's id on the wire.
    """

    credentials: Credentials
    url: str
    route: Route
    clock: Clock
    timeouts: Timeouts
    retry: RetryPolicy
    uid: str = field(default_factory=lambda: uuid.uuid4().hex)

    def call(
        self, body: bytes, decode: Callable[[bytes], _T], turn: Callable[[], float] | None = None
    ) -> PostCall[_T]:
        """Describe one call.

        Args:
            body: the request's body.
            decode: reads the answer's body.
            turn: takes the turns of a rate limit.

        Returns:
            The call, for :func:`~iflytek_spark.protocol.post.post_flow`.
        """
        call = PostCall(
            self.url, body, decode, self.credentials, self.clock, self.timeouts, self.retry
        )
        return call if turn is None else replace(call, turn=turn)


def drive_post(flow: PostFlow[_T], transport: HttpTransport) -> _T:
    """Carry out the steps of a flow.

    Args:
        flow: the flow.
        transport: sends and waits; it stays open.

    Returns:
        What the flow returns.

    Raises:
        SparkError: what the flow raises.
    """
    try:
        step = next(flow)
        while True:
            try:
                reply = _perform(step, transport)
            except (TimeoutError, TransportError) as error:
                step = flow.throw(error)
            else:
                step = flow.send(reply)
    except StopIteration as done:
        result: _T = done.value
        return result


def _perform(step: PostStep, transport: HttpTransport) -> Reply | None:
    if isinstance(step, Post):
        return transport.post(step)
    transport.sleep(step.seconds)
    return None


async def adrive_post(flow: PostFlow[_T], transport: AsyncHttpTransport) -> _T:
    """Carry out the steps of a flow; see :func:`drive_post`."""
    try:
        step = next(flow)
        while True:
            try:
                reply = await _aperform(step, transport)
            except (TimeoutError, TransportError) as error:
                step = flow.throw(error)
            else:
                step = flow.send(reply)
    except StopIteration as done:
        result: _T = done.value
        return result


async def _aperform(step: PostStep, transport: AsyncHttpTransport) -> Reply | None:
    if isinstance(step, Post):
        return await transport.post(step)
    await transport.sleep(step.seconds)
    return None
