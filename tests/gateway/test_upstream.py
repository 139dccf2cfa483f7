"""Whose Spark credentials answer: those of the headers, then those of the environment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from iflytek_spark.emulator import Emulator
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.settings import load_settings
from tests.gateway.curl_helpers import command, with_http
from tests.gateway.gateway_helpers import Gateway
from tests.gateway.legacy_commands import TEXT
from tests.gateway.serving import serving

HEADERS = ("APP_ID", "API_KEY", "API_SECRET")
FAMILIES = [
    ("APP_ID", "API_KEY", "API_SECRET"),
    ("SPARK_APP_ID", "SPARK_API_KEY", "SPARK_API_SECRET"),
    ("SPARK_APPID", "SPARK_API_KEY", "SPARK_API_SECRET"),
    ("IFLYTEK_SPARK_APP_ID", "IFLYTEK_SPARK_API_KEY", "IFLYTEK_SPARK_API_SECRET"),
    ("SPARKAI_APP_ID", "SPARKAI_API_KEY", "SPARKAI_API_SECRET"),
]


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in HEADERS:
        monkeypatch.delenv(name, raising=False)


def values(spark: Emulator) -> tuple[str, str, str]:
    keys = spark.credentials
    return keys.app_id, keys.api_key, keys.api_secret


@contextmanager
def served(spark: Emulator, **settings: Any) -> Iterator[Gateway]:
    with serving(create_app(load_settings(base_url=spark.base_url, **settings))) as url:
        yield Gateway(f"{url}/v1", spark)


def wait_for(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    return condition()


def with_headers(gateway: Gateway, *names: str, form: str = "X_{}") -> list[str]:
    """The text command with some of its credentials only, and their names in a form."""
    words = command(TEXT, gateway)
    for header in HEADERS:
        at = next(index for index, word in enumerate(words) if word.startswith(f"X_{header}:"))
        if header in names:
            name = form.format(header if "_" in form else header.replace("_", "-"))
            words[at] = words[at].replace(f"X_{header}", name)
        else:
            del words[at - 1 : at + 1]
    return words


def test_headers_with_underscores_and_dashes(emulator: Emulator) -> None:
    with served(emulator) as gateway:
        for form in ("X_{}", "X-{}", "x_{}", "x-{}"):
            assert with_http(with_headers(gateway, *HEADERS, form=form)).status == 200


@pytest.mark.parametrize("names", FAMILIES)
def test_without_headers_the_environment_stands_in(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    for name, value in zip(names, values(emulator), strict=True):
        monkeypatch.setenv(name, value)
    with served(emulator) as gateway:
        assert with_http(with_headers(gateway)).status == 200


@pytest.mark.parametrize("names", [("APP_ID",), ("API_KEY",), ("APP_ID", "API_KEY")])
def test_headers_count_together_or_not_at_all(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    """Anthropic's clients and many API gateways send X-Api-Key, which is no key of Spark's."""
    for name, value in zip(FAMILIES[1], values(emulator), strict=True):
        monkeypatch.setenv(name, value)
    with served(emulator) as gateway:
        words = with_headers(gateway, *names, form="X-{}")
        words = [f"{word}-of-something-else" if word.startswith("X-") else word for word in words]
        assert with_http(words).status == 200


@pytest.mark.parametrize("names", [("API_SECRET",), ("APP_ID", "API_SECRET")])
def test_a_secret_alone_is_no_credential(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    """Whoever sends one means to pay himself."""
    for name, value in zip(FAMILIES[1], values(emulator), strict=True):
        monkeypatch.setenv(name, value)
    with served(emulator) as gateway:
        answer = with_http(with_headers(gateway, *names))
    assert (answer.status, answer.body["error"]["code"]) == (401, "spark_keys_missing")
    assert "X_API_KEY" in answer.body["error"]["message"]


def test_headers_win_over_the_environment(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FAMILIES[1]:
        monkeypatch.setenv(name, "wrong")
    with served(emulator) as gateway:
        assert with_http(with_headers(gateway, *HEADERS)).status == 200
        assert with_http(with_headers(gateway)).body["error"]["code"] == "gateway_keys_refused"


def test_without_any_credentials_the_headers_are_named(emulator: Emulator) -> None:
    with served(emulator) as gateway:
        answer = with_http(with_headers(gateway, "APP_ID"))
    assert (answer.status, answer.body["error"]["code"]) == (401, "spark_keys_missing")
    assert "X_APP_ID, X_API_KEY, X_API_SECRET" in answer.body["error"]["message"]
    assert emulator.handshakes == ()


def test_the_gateways_own_credentials_may_be_kept_from_callers(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in zip(FAMILIES[1], values(emulator), strict=True):
        monkeypatch.setenv(name, value)
    with served(emulator, own_credentials=False) as gateway:
        assert with_http(with_headers(gateway)).status == 401
        assert with_http(with_headers(gateway, *HEADERS)).status == 200


def test_credentials_that_spark_refuses_are_not_shown(emulator: Emulator) -> None:
    with served(emulator) as gateway:
        words = [
            word.replace("X_API_SECRET: ", "X_API_SECRET: wrong")
            for word in with_headers(gateway, *HEADERS)
        ]
        answer = with_http(words)
    assert (answer.status, answer.body["error"]["code"]) == (401, "spark_keys_refused")
    assert emulator.requests == ()
    assert not any(value in str(answer.body) for value in values(emulator)[1:])


def test_families_of_variables_are_never_mixed(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    app_id, api_key, api_secret = values(emulator)
    monkeypatch.setenv("SPARK_API_KEY", api_key)
    monkeypatch.setenv("SPARK_API_SECRET", api_secret)
    monkeypatch.setenv("APP_ID", app_id)
    with served(emulator) as gateway:
        assert with_http(with_headers(gateway)).status == 401
    monkeypatch.setenv("SPARK_API_KEY", "left over")
    monkeypatch.setenv("API_KEY", api_key)
    monkeypatch.setenv("API_SECRET", api_secret)
    with served(emulator) as gateway:
        assert with_http(with_headers(gateway)).status == 200


def test_only_the_gateways_own_credentials_have_connections_opened_ahead(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An id that nobody has would otherwise keep files open, and each further one as many."""
    for name, value in zip(FAMILIES[1], values(emulator), strict=True):
        monkeypatch.setenv(name, value)
    with served(emulator, preconnect=2) as gateway:
        for number in range(5):
            words = with_headers(gateway, *HEADERS)
            at = next(place for place, word in enumerate(words) if word.startswith("X_APP_ID"))
            words[at] = f"X_APP_ID: invented{number}"
            with_http(words)
        assert emulator.wait_until_idle()
        assert len(emulator.handshakes) == 5
        assert with_http(with_headers(gateway)).status == 200
        assert wait_for(lambda: emulator.open_connections == 2)
        with_http(with_headers(gateway, "APP_ID"))
        assert [request.number for request in emulator.requests][-1] < len(emulator.handshakes)
