"""The door of Anthropic's clients: their keys, and every refusal in their form and class."""

from __future__ import annotations

from typing import Any

import anthropic
import httpx2
import openai
import pytest

from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.gateway.middleware.auth import new_key
from tests.gateway.anthropic.conftest import MODEL, asked
from tests.gateway.conftest import RunningGateway
from tests.gateway.gateway_helpers import Gateway

BODY: dict[str, Any] = {"model": MODEL, "max_tokens": 100, "messages": asked("x")}


def client_of(url: str, **more: Any) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=url, max_retries=0, **more)


def check_form(error: anthropic.APIStatusError, kind: str) -> None:
    body: Any = error.body
    assert body["type"] == "error"
    assert body["error"]["type"] == kind
    assert body["error"]["message"]
    assert body["request_id"] == error.request_id
    assert error.request_id


def test_both_headers_of_a_key_are_taken(running_gateway: RunningGateway) -> None:
    key, hashed = new_key()
    url = running_gateway(keys={"anna": hashed})
    for given in ({"api_key": key}, {"auth_token": key}):
        with client_of(url, **given) as client:
            assert client.messages.create(**BODY).content
    for wrong in ({"api_key": "wrong"}, {"auth_token": "wrong"}):
        with client_of(url, **wrong) as client, pytest.raises(anthropic.AuthenticationError) as no:
            client.messages.create(**BODY)
        check_form(no.value, "authentication_error")
    chat = {"model": MODEL, "messages": asked("x")}
    plain = httpx2.post(f"{url}/v1/chat/completions", headers={"x-api-key": key}, json=chat)
    assert plain.status_code == 401, "on other routes the header is one of Spark's"
    assert "type" not in plain.json()


def test_the_description_names_the_header_where_it_is_taken(
    running_gateway: RunningGateway,
) -> None:
    described = httpx2.get(f"{running_gateway(keys={'anna': new_key()[1]})}/openapi.json").json()
    schemes = described["components"]["securitySchemes"]
    for path, route in described["paths"].items():
        for operation in route.values():
            allowed = operation.get("security", described["security"])
            named = {schemes[name].get("name") for one in allowed for name in one}
            assert ("x-api-key" in named) == path.startswith("/v1/messages")


def test_callers_of_other_routes_keep_openais_form(gateway: Gateway) -> None:
    with (
        openai.OpenAI(base_url=gateway.url, api_key="any", max_retries=0) as client,
        pytest.raises(openai.NotFoundError) as caught,
    ):
        client.chat.completions.create(model="none", messages=asked("x"))
    assert caught.value.code == "model_not_found"


RETRIED = (11202, 10110)
"""What the gateway tries again before it answers, beside cut connections."""

FAILURES: list[tuple[faults.Fault | None, dict[str, Any], type[Exception], str]] = [
    (None, {"model": "claude-x"}, anthropic.NotFoundError, "not_found_error"),
    (None, {"max_tokens": 0}, anthropic.BadRequestError, "invalid_request_error"),
    (None, {"messages": []}, anthropic.BadRequestError, "invalid_request_error"),
    (faults.ErrorFrame(11202), {}, anthropic.RateLimitError, "rate_limit_error"),
    (faults.ErrorFrame(11200), {}, anthropic.InternalServerError, "api_error"),
    (faults.ErrorFrame(10013), {}, anthropic.BadRequestError, "invalid_request_error"),
    (faults.ErrorFrame(10110), {}, anthropic.ServiceUnavailableError, "overloaded_error"),
    (faults.Cut(), {}, anthropic.InternalServerError, "api_error"),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("fault", "fields", "error", "kind"), FAILURES)
def test_a_failure_has_its_class(
    gateway: Gateway,
    messages: Any,
    fault: faults.Fault | None,
    fields: dict[str, Any],
    error: type[anthropic.APIStatusError],
    kind: str,
    stream: bool,
) -> None:
    retried = isinstance(fault, faults.Cut) or getattr(fault, "code", None) in RETRIED
    tries = 3 if retried else 1
    gateway.spark.script(*([fault] * tries if fault else []))
    with pytest.raises(error) as caught:
        messages.create(**{**BODY, **fields, "stream": stream})
    check_form(caught.value, kind)
    if isinstance(fault, faults.ErrorFrame):
        body: Any = caught.value.body
        detail = body["error"]
        assert detail["sid"]
        assert detail["spark_code"] == fault.code


def test_a_prompt_that_is_too_long_is_known_by_its_words(gateway: Gateway, messages: Any) -> None:
    gateway.spark.script(faults.ErrorFrame(10907))
    with pytest.raises(anthropic.BadRequestError, match="prompt is too long"):
        messages.create(**BODY)


def test_what_middleware_refuses_has_the_form_too(
    running_gateway: RunningGateway, emulator: Emulator
) -> None:
    url = running_gateway(max_body_bytes=2048, requests_per_minute=2)
    with client_of(url, api_key="any") as client:
        with pytest.raises(anthropic.RequestTooLargeError) as large:
            client.messages.create(**{**BODY, "messages": asked("x" * 4096)})
        check_form(large.value, "request_too_large")
        client.messages.create(**BODY)
        client.messages.create(**BODY)
        with pytest.raises(anthropic.RateLimitError) as many:
            client.messages.create(**BODY)
        check_form(many.value, "rate_limit_error")
        assert int(many.value.response.headers["retry-after"]) > 0
    form = {"content-type": "text/plain"}
    plain = httpx2.post(f"{url}/v1/messages", content=b"{}", headers=form)
    assert (plain.status_code, plain.json()["error"]["type"]) == (415, "invalid_request_error")
    for method, path in (("GET", "/v1/messages"), ("POST", "/v1/messages/batches")):
        missing = httpx2.request(method, url + path, json={})
        assert missing.json()["type"] == "error"
        assert missing.json()["error"]["type"] in ("not_found_error", "rate_limit_error")
    assert len(emulator.requests) == 2


def test_an_error_within_a_stream_ends_it(gateway: Gateway, messages: Any) -> None:
    gateway.spark.script(faults.ErrorFrame(10010, after=3))
    seen = []
    with pytest.raises(anthropic.APIStatusError) as caught, messages.stream(**BODY) as stream:
        seen += [event.type for event in stream]
    check_form_of_stream: Any = caught.value.body
    assert check_form_of_stream["error"]["sid"].startswith("cht")
    assert "message_stop" not in seen
    assert "content_block_stop" not in seen


def test_sparks_own_credentials_of_a_caller_are_used(
    running_gateway: RunningGateway, emulator: Emulator
) -> None:
    """A gateway without credentials, and a client that sends Anthropic's header beside Spark's."""
    url = running_gateway(own_credentials=False)
    own = emulator.credentials
    keys = {"X_APP_ID": own.app_id, "X_API_KEY": own.api_key, "X_API_SECRET": own.api_secret}
    with client_of(url, api_key="any", default_headers=keys) as client:
        assert client.messages.create(**BODY).content
    with client_of(url, api_key="any") as client, pytest.raises(anthropic.AuthenticationError):
        client.messages.create(**BODY)
