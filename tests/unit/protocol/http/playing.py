"""Plays the bytes of a response to a call: no socket, and no time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from iflytek_spark.errors import SparkError
from iflytek_spark.messages import ChatResponse
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.models.routes import route
from iflytek_spark.protocol.call import CallContext, call_flow
from iflytek_spark.protocol.dialects import chat_dialect
from iflytek_spark.protocol.events import Event
from iflytek_spark.protocol.exchange import ChatExchange
from iflytek_spark.protocol.response import ResponseBuilder
from iflytek_spark.protocol.retry import RetryPolicy
from iflytek_spark.protocol.steps import Emit, Receive, StepResult, TransportError
from iflytek_spark.requests.build import ChatRequest, build_request
from iflytek_spark.transports.sse.answer import Answer
from tests.unit.protocol.flow_helpers import ME, Time

KEYS = replace(ME, maas_api_key="test-maas-key")


def request_for(model: str, messages: Any = "你好", **options: Any) -> ChatRequest:
    """A request as it goes over HTTP."""
    given: Any = options
    return build_request(route(find_model(model), "http", tools=True), messages, given)


class Receiver:
    """Gives what a response holds, message by message, as a transport does."""

    def __init__(self, response: bytes) -> None:
        self._answer = Answer()
        self._rest: bytes | None = response

    def receive(self) -> bytes | None:
        """The next message; None at the end.

        Raises:
            TransportError: for a response that is refused, or not whole.
        """
        if self._rest is not None:
            response, self._rest = self._rest, None
            self._answer.feed(response)
        message = self._answer.take()
        if message is None and not self._answer.over:
            self._answer.end()
            message = self._answer.take()
        if message is None:
            self._answer.refuse()
        return message


def answered(request: ChatRequest, response: bytes) -> ChatResponse:
    """Ask once, and return the whole answer."""
    events, error = played(request, response)
    if error is not None:
        raise error
    builder = ResponseBuilder(request.spec.name)
    for event in events:
        builder.add(event)
    return builder.build()


def played(request: ChatRequest, response: bytes) -> tuple[list[Event], SparkError | None]:
    """Ask once; return the events, and the error at their end, if there is one."""
    context = CallContext(KEYS, request.spec.url, Time().clock, "uid1", retry=RetryPolicy(0))
    flow = call_flow(context, ChatExchange(chat_dialect(request.spec), request))
    receiver, events = Receiver(response), list[Event]()
    result: StepResult = None
    try:
        step = next(flow)
        while True:
            if isinstance(step, Emit):
                events += step.events
            try:
                result = receiver.receive() if isinstance(step, Receive) else None
            except TransportError as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration:
        return events, None
    except SparkError as error:
        return events, error
