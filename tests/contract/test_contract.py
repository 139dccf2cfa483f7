"""One contract for {sync, async} × {WebSocket, A, B} × {mock transport, emulator}."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iflytek_spark.errors import SparkError
from iflytek_spark.messages import ChatResponse
from iflytek_spark.protocol.events import (
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    ToolCallDelta,
)
from tests.contract.callers import CALLERS, Caller
from tests.contract.cases import Case
from tests.contract.http_cases import EVERYWHERE
from tests.contract.services import SERVICES, Service

ANSWERS = [case for case in EVERYWHERE if case.error is None]
FAILURES = [case for case in EVERYWHERE if case.error is not None]


@pytest.fixture(params=CALLERS)
def caller(request: pytest.FixtureRequest) -> Caller:
    return CALLERS[request.param]


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, case: Case) -> Iterator[Service]:
    with SERVICES[request.param](case) as running:
        yield running


@pytest.mark.parametrize("case", EVERYWHERE, ids=lambda case: case.id)
def test_a_caller_sees_the_events_and_then_the_end(
    case: Case, caller: Caller, service: Service
) -> None:
    events, error = caller.stream(service, **case.options)
    assert tuple(events) == case.events
    assert (None if error is None else type(error)) is case.error
    assert {name: getattr(error, name) for name in case.attributes} == case.attributes
    assert service.connections() == len(case.connections)
    assert service.idle()


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case.id)
def test_a_response_is_the_sum_of_the_events(case: Case, caller: Caller, service: Service) -> None:
    response = caller.chat(service, **case.options)
    assert response == total(case.events, case.model)
    assert service.idle()


@pytest.mark.parametrize("case", FAILURES, ids=lambda case: case.id)
def test_a_part_of_an_answer_is_never_a_response(
    case: Case, caller: Caller, service: Service
) -> None:
    assert case.error is not None
    with pytest.raises(case.error) as caught:
        caller.chat(service, **case.options)
    assert isinstance(caught.value, SparkError)
    assert service.idle()


def total(events: tuple[Event, ...], model: str) -> ChatResponse:
    end = events[-1]
    assert isinstance(end, Finished)
    return ChatResponse(
        text="".join(e.text for e in events if isinstance(e, ContentDelta)),
        reasoning="".join(e.text for e in events if isinstance(e, ReasoningDelta)),
        tool_calls=tuple(e.call for e in events if isinstance(e, ToolCallDelta)),
        citations=tuple(p for e in events if isinstance(e, Citations) for p in e.citations),
        plugins=tuple(e.plugin for e in events if isinstance(e, Citations)),
        usage=end.usage,
        finish_reason=end.finish_reason,
        sid=end.sid,
        model=model,
        deviations=end.deviations,
        wire=end.wire,
        stop=end.stop,
    )
