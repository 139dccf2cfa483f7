"""Bad input of every kind: 400 with the field, nothing in the log, nothing sent to Spark."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.gateway.chat_helpers import MODEL
from tests.gateway.gateway_helpers import Gateway, one_gateway
from tests.gateway.openai.bad_bodies import (
    ENDLESS_SCHEMAS,
    FIELDS,
    HELLO,
    MESSAGES,
    NO_OBJECT,
    NOT_FINITE,
    NOT_JSON,
)

FILLED = {"model": MODEL, "messages": HELLO}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    **{
        f"message: {name}": ({"messages": value}, param)
        for name, (value, param) in MESSAGES.items()
    },
    **FIELDS,
}

JSON = {"content-type": "application/json"}


class Refusal:
    """Asks, and sees that nothing went to Spark and that the log holds no traceback."""

    def __init__(self, gateway: Gateway, log: pytest.LogCaptureFixture) -> None:
        self._gateway = gateway
        self._log = log

    def of(self, body: bytes | dict[str, Any]) -> Any:
        before = len(self._gateway.spark.handshakes)
        url = f"{self._gateway.url}/chat/completions"
        answer = (
            httpx2.post(url, content=body, headers=JSON, timeout=30)
            if isinstance(body, bytes)
            else httpx2.post(url, json=body, timeout=30)
        )
        assert answer.status_code == 400, answer.text[:500]
        assert len(self._gateway.spark.handshakes) == before
        assert not [record for record in self._log.records if record.exc_info]
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code", "spark_code", "sid", "request_id"}
        assert error["type"] == "invalid_request_error"
        assert error["message"]
        assert len(error["message"]) < 1000
        return error


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    """A gateway that leaves nothing out."""
    with one_gateway(unsupported="refuse", models={"gpt-4o": "lite"}) as gateway:
        yield gateway


@pytest.fixture
def refusal(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> Refusal:
    return Refusal(gateway, caplog)


@pytest.mark.parametrize("name", NOT_JSON)
def test_what_is_not_json(refusal: Refusal, name: str) -> None:
    error = refusal.of(NOT_JSON[name])
    assert "not JSON" in error["message"]
    assert error["param"] is None


@pytest.mark.parametrize("name", NO_OBJECT)
def test_what_is_no_object(refusal: Refusal, name: str) -> None:
    assert "object" in refusal.of(NO_OBJECT[name])["message"]


@pytest.mark.parametrize("name", NOT_FINITE)
def test_numbers_that_are_none(refusal: Refusal, name: str) -> None:
    body, param = NOT_FINITE[name]
    assert refusal.of(body)["param"] == param


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_field_is_named(refusal: Refusal, name: str) -> None:
    fields, param = WRONG[name]
    assert refusal.of({**FILLED, **fields})["param"] == param


@pytest.mark.parametrize("name", ["n", "tools that the model cannot call", "a deep schema"])
def test_a_streamed_request_is_refused_as_a_whole_one(refusal: Refusal, name: str) -> None:
    """By the parser, by the model's abilities, and by the check of schemas."""
    fields, _ = WRONG[name]
    whole, streamed = (refusal.of({**FILLED, **fields, "stream": value}) for value in (False, True))
    assert streamed.pop("request_id") != whole.pop("request_id")
    assert streamed == whole


def test_what_is_missing_is_named(refusal: Refusal) -> None:
    error = refusal.of({})
    assert error["param"] == "model"
    assert error["message"] == "model: Field required; messages: Field required"


def test_several_wrong_fields_are_told_together(refusal: Refusal) -> None:
    error = refusal.of({**FILLED, "n": 2, "seed": 1, "stop": [1]})
    for field in ("n:", "seed:", "stop[0]:"):
        assert field in error["message"]


@pytest.mark.parametrize("name", ENDLESS_SCHEMAS)
def test_a_schema_that_takes_for_ever_is_given_up(gateway: Gateway, name: str) -> None:
    url = f"{gateway.url}/chat/completions"
    begun = time.monotonic()
    answer = httpx2.post(url, json={**FILLED, "response_format": ENDLESS_SCHEMAS[name]}, timeout=30)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "response_format"
    assert time.monotonic() - begun < 10


def test_a_pattern_that_takes_for_ever_does_not(gateway: Gateway) -> None:
    evil = {"type": "string", "pattern": "(a+)+$"}
    schema = {"type": "object", "properties": {"word": evil}, "required": ["word"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "word", "schema": schema}}
    question = [{"role": "user", "content": f"The word is {'a' * 60}!"}]
    answer = httpx2.post(
        f"{gateway.url}/chat/completions",
        json={"model": MODEL, "messages": question, "response_format": wanted},
        timeout=10,
    )
    assert answer.status_code in (200, 502)
