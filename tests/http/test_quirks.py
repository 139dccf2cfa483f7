"""Whatever the service has been seen to answer over HTTP is read, or is an error with its code."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iflytek_spark import APIError, SparkError
from tests.http.asking import WAYS, WEATHER, Ask
from tests.http.faults import FAULTS, Fault
from tests.http.maas_answers import MAAS_ANSWERS
from tests.http.quirks import Quirk
from tests.http.raw_server import RawServer, raw_server
from tests.http.spark_open_answers import SPARK_OPEN_ANSWERS

ANSWERS = {**SPARK_OPEN_ANSWERS, **MAAS_ANSWERS}
MODELS = {"A": "x2-flash", "B": "spark-x2.5"}

ways = pytest.mark.parametrize("ask", WAYS, ids=lambda ask: ask.__name__)


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with raw_server() as running:
        yield running


def model(name: str) -> str:
    return MODELS[name[0]]


@ways
@pytest.mark.parametrize(("name", "quirk"), ANSWERS.items(), ids=ANSWERS)
def test_an_answer_is_right(server: RawServer, name: str, quirk: Quirk, ask: Ask) -> None:
    server.answers = [quirk.response]
    answer = ask(server.url, model=model(name), tools=[WEATHER])
    assert (answer.text, answer.reasoning) == (quirk.text, quirk.reasoning)
    assert tuple((call.name, call.arguments) for call in answer.tool_calls) == quirk.calls
    assert len({call.id for call in answer.tool_calls}) == len(quirk.calls)
    assert (answer.finish_reason, answer.wire) == (quirk.finish, "http")
    assert (answer.usage.total_tokens if answer.usage else None) == quirk.usage
    assert len(answer.citations) == quirk.pages


@ways
@pytest.mark.parametrize(("name", "fault"), FAULTS.items(), ids=FAULTS)
def test_a_fault_has_its_type_and_code(
    server: RawServer, name: str, fault: Fault, ask: Ask
) -> None:
    server.answers = [fault.response]
    with pytest.raises(SparkError) as caught:
        ask(server.url, model=model(name), tools=[WEATHER])
    assert type(caught.value) is fault.kind
    assert (caught.value.code, caught.value.retryable) == (fault.code, fault.retryable)
    if isinstance(caught.value, APIError) and caught.value.status:
        assert caught.value.status >= 400


@ways
def test_the_service_own_ids_are_kept(server: RawServer, ask: Ask) -> None:
    server.answers = [ANSWERS["B: a call in one delta"].response]
    (call,) = ask(server.url, model="spark-x2.5", tools=[WEATHER]).tool_calls
    assert call.id == "call_a1"
