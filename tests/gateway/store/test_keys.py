"""Keys of the store, beside those of the configuration."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import httpx2
import openai
import pytest
from pydantic import ValidationError
from sqlalchemy import select

from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.gateway.store.tables import metadata
from tests.gateway.chat_helpers import asked
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import ask, bearer, code, streaming
from tests.gateway.redis_server import running_redis
from tests.gateway.store.store_helpers import SEEN_WITHIN, Operator, until


def answered(url: str, key: str, **body: str) -> httpx2.Response | None:
    response = ask(url, key, **body)
    return response if response.status_code == 200 else None


def refused(url: str, key: str, status: int = 401, **body: str) -> httpx2.Response:
    """The refusal of a key that was admitted a moment ago."""

    def look() -> httpx2.Response | None:
        response = ask(url, key, **body)
        return response if response.status_code == status else None

    return until(look)


def test_a_key_is_admitted_and_revoked_while_the_gateway_runs(
    running_gateway: RunningGateway, store_url: str, operator: Operator
) -> None:
    url = running_gateway(store_url=store_url)
    assert ask(url, "sk-spark-of-nobody").status_code == ask(url).status_code == 401
    key = operator.add("anna")
    with openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
        assert until(lambda: answered(url, key)).is_success
        assert client.chat.completions.create(model="lite", messages=asked("你好")).usage

        began = time.monotonic()
        operator.administration.revoke("anna")
        response = refused(url, key)
        assert time.monotonic() - began < SEEN_WITHIN
        assert code(response) == "invalid_api_key"
        assert response.headers["www-authenticate"] == "Bearer"
        with pytest.raises(openai.AuthenticationError, match="was revoked"):
            client.chat.completions.create(model="lite", messages=asked("你好"))


def test_keys_of_the_configuration_work_beside(
    running_gateway: RunningGateway, store_url: str, operator: Operator
) -> None:
    own, known = new_key()
    key = operator.add("anna", requests_per_minute=100)
    url = running_gateway(store_url=store_url, keys={"bert": known}, requests_per_minute=1)
    assert ask(url, own).status_code == 200
    assert ask(url, own).status_code == 429
    assert {ask(url, key).status_code for _ in range(3)} == {200}
    assert set(until(lambda: used if len(used := operator.used()) == 2 else None)) == {
        "anna",
        "bert",
    }


def test_a_key_that_has_expired_is_told_so(
    running_gateway: RunningGateway, store_url: str, operator: Operator
) -> None:
    key = operator.add("anna", expires="1h")
    url = running_gateway(store_url=store_url)
    assert ask(url, key).status_code == 200
    over = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=1)
    operator.administration.limit("anna", {"expires": over})
    assert "expired at" in refused(url, key).json()["error"]["message"]


def test_a_key_may_use_some_models_alone(
    running_gateway: RunningGateway, store_url: str, operator: Operator, emulator: Emulator
) -> None:
    key = operator.add("anna", models=["lite", "spark-embedding"])
    own_names = {
        "gpt-4o-mini": "lite",
        "gpt-4o": "4.0Ultra",
        "text-embedding-3-small": "spark-embedding",
    }
    url = running_gateway(store_url=store_url, models=own_names)
    with openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
        listed = {model.id for model in client.models.list()}
        assert listed == {"lite", "gpt-4o-mini", "spark-embedding", "text-embedding-3-small"}
        for name in ("lite", "gpt-4o-mini"):
            assert client.chat.completions.create(model=name, messages=asked("你好")).id
        before = len(emulator.requests)
        calls = (
            lambda: client.chat.completions.create(model="gpt-4o", messages=asked("你好")),
            lambda: client.chat.completions.create(
                model="4.0Ultra", messages=asked("你好"), stream=True
            ),
            lambda: client.images.generate(prompt="一只猫"),
            lambda: client.models.retrieve("gpt-4o"),
        )
        for call in calls:
            with pytest.raises(openai.PermissionDeniedError, match="may not use") as error:
                call()
            assert error.value.code == "model_not_allowed"
        assert len(emulator.requests) == before


def test_a_key_has_limits_of_its_own(
    running_gateway: RunningGateway, store_url: str, operator: Operator, emulator: Emulator
) -> None:
    narrow = operator.add("anna", requests_per_minute=2, concurrent_requests=1)
    wide = operator.add("bert")
    url = running_gateway(store_url=store_url, requests_per_minute=50)
    emulator.script(faults.Slow(0.1))
    with streaming(url, narrow):
        response = ask(url, narrow)
        assert (response.status_code, code(response)) == (429, "concurrency_limit_exceeded")
    response = ask(url, narrow)
    assert (response.status_code, code(response)) == (429, "rate_limit_exceeded")
    assert ask(url, wide).headers["x-ratelimit-limit-requests"] == "50"


def test_a_limit_that_is_changed_holds_at_once_and_in_redis(
    running_gateway: RunningGateway, store_url: str, operator: Operator
) -> None:
    key = operator.add("anna", requests_per_minute=1)
    with running_redis() as redis_url:
        url = running_gateway(store_url=store_url, redis_url=redis_url)
        other = running_gateway(store_url=store_url, redis_url=redis_url)
        assert ask(url, key).status_code == 200
        assert ask(other, key).status_code == 429
        operator.administration.limit("anna", {"requests_per_minute": 1000})
        assert until(lambda: answered(other, key)).is_success


def test_a_name_can_be_used_again_when_its_key_is_revoked(operator: Operator) -> None:
    first = operator.made("anna")
    with pytest.raises(ConfigurationError, match="already"):
        operator.add("anna")
    operator.administration.revoke(first["id"])
    assert operator.made("anna")["id"] != first["id"]
    states = [(key["name"], key["state"]) for key in operator.administration.keys()["data"]]
    assert sorted(states) == [("anna", "active"), ("anna", "revoked")]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a" * 65, "\0"])
def test_names_that_would_spoil_a_table_are_refused(operator: Operator, name: str) -> None:
    with pytest.raises((ValidationError, ConfigurationError), match="name"):
        operator.add(name)


def test_an_id_goes_before_a_name_that_looks_like_one(operator: Operator) -> None:
    anna = operator.made("anna")
    other = operator.made(anna["id"])
    assert operator.administration.revoke(anna["id"])["name"] == "anna"
    states = {key["name"]: key["state"] for key in operator.administration.keys()["data"]}
    assert states == {"anna": "revoked", other["name"]: "active"}


def test_no_key_is_kept_in_the_clear(operator: Operator, store_url: str) -> None:
    key = operator.add("anna")
    shown = str(operator.administration.keys())
    with operator.database.read() as connection:
        for table in metadata.sorted_tables:
            shown += str(connection.execute(select(table)).all())
    assert key not in shown
    assert "sha256:" in shown


def test_without_a_key_nobody_is_served(running_gateway: RunningGateway, store_url: str) -> None:
    """A store without keys does not open the gateway, as a configuration without any does."""
    url = running_gateway(store_url=store_url)
    assert httpx2.get(f"{url}/v1/models", headers=bearer("any")).status_code == 401
