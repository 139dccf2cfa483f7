"""Each wire takes its own kind of key; a wrong one is named, before or after it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from iflytek_spark import (
    AuthenticationError,
    ConfigurationError,
    Credentials,
    MissingCredentialsError,
    SparkClient,
)
from iflytek_spark.emulator import Emulator, running_emulator

HEX, SECRET = "0123456789abcdef" * 2, "QWERTYuiopASDFGHjklzXCVBNMqwerty"
MAAS = f"{HEX}:{SECRET}=="


@pytest.fixture(scope="module")
def spark() -> Iterator[Emulator]:
    with running_emulator(respond=lambda _: "好") as running:
        yield running


def answered(spark: Emulator, model: str, wire: Any = "auto", **keys: str) -> str:
    client = SparkClient(Credentials(**keys), base_url=spark.base_url, wire=wire, max_retries=0)
    try:
        return client.chat("你好", model=model).text
    finally:
        client.close()


def app(spark: Emulator) -> dict[str, str]:
    known = spark.credentials
    return {"app_id": known.app_id, "api_key": known.api_key, "api_secret": known.api_secret}


def test_the_three_values_of_an_app_serve_both_wires(spark: Emulator) -> None:
    assert answered(spark, "x2", **app(spark)) == "好"
    assert answered(spark, "x2", "http", **app(spark)) == "好"


def test_a_password_is_enough_for_spark_open(spark: Emulator) -> None:
    password = spark.http_keys.api_password
    assert answered(spark, "x2", "http", api_password=password) == "好"
    with pytest.raises(MissingCredentialsError, match=r"values of an app.*APIPassword only"):
        answered(spark, "x2", api_password=password)


def test_a_maas_key_is_enough_for_its_models(spark: Emulator) -> None:
    key = spark.http_keys.maas_key
    assert answered(spark, "spark-x2.5", maas_api_key=key) == "好"
    with pytest.raises(MissingCredentialsError, match="SPARK_API_PASSWORD"):
        answered(spark, "x2-flash", maas_api_key=key)


def test_a_model_of_maas_needs_its_key(spark: Emulator) -> None:
    with pytest.raises(MissingCredentialsError, match="SPARK_MAAS_API_KEY"):
        answered(spark, "spark-x2.5", **app(spark))


@pytest.mark.parametrize(
    ("model", "keys", "name"),
    [
        ("x2-flash", {"api_password": "wrong"}, "api_password"),
        ("spark-x2.5", {"maas_api_key": "wrong"}, "maas_api_key"),
    ],
)
def test_a_refused_key_says_what_to_check(
    spark: Emulator, model: str, keys: dict[str, str], name: str
) -> None:
    with pytest.raises(AuthenticationError) as caught:
        answered(spark, model, **keys)
    assert name in caught.value.hint
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"api_password": HEX}, "api_password holds the APIKey"),
        ({"maas_api_key": HEX}, "maas_api_key holds the APIKey"),
        ({"maas_api_key": SECRET}, "maas_api_key holds the APISecret"),
        ({"app_id": "a", "api_key": MAAS, "api_secret": SECRET}, "api_key holds the key of a MaaS"),
        ({"app_id": "a", "api_key": SECRET, "api_secret": HEX}, "api_key holds an APISecret"),
        ({"app_id": "a", "api_key": HEX}, "api_secret is empty"),
        ({}, "app_id is empty"),
    ],
)
def test_a_key_in_the_wrong_place_is_named_and_not_shown(keys: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        Credentials(**keys)
    assert not any(value in str(caught.value) for value in keys.values() if len(value) > 1)


def test_keys_of_the_right_form_are_taken() -> None:
    keys = Credentials("a", HEX, SECRET, api_password=MAAS, maas_api_key=MAAS)
    assert not any(secret in repr(keys) for secret in (HEX, SECRET))


@pytest.mark.parametrize("family", ["SPARK", "IFLYTEK_SPARK", "SPARKAI"])
def test_keys_come_from_the_environment(family: str) -> None:
    environ = {f"{family}_MAAS_API_KEY": MAAS, f"{family}_API_PASSWORD": "password"}
    found = Credentials.from_env(environ)
    assert (found.maas_api_key, found.api_password, found.signs) == (MAAS, "password", False)


def test_no_key_at_all_names_every_kind() -> None:
    with pytest.raises(MissingCredentialsError, match=r"SPARK_APP_ID.*SPARK_MAAS_API_KEY"):
        Credentials.from_env({})
