"""Where a call goes: base_url, model, and the families of the environment."""

from __future__ import annotations

from typing import Any

import pytest

from iflytek_spark.endpoint import Endpoint, address
from iflytek_spark.errors import ConfigurationError, UnknownModelError
from iflytek_spark.models.catalogue import find_model, list_models
from iflytek_spark.models.spec import ModelSpec

ULTRA = find_model("4.0Ultra")
MINE = ModelSpec(name="mine", domain="svc", url="wss://maas.example.com/v1.1/chat", patch_id="7")


@pytest.mark.parametrize("spec", list_models(), ids=lambda spec: spec.name)
def test_without_a_base_url_the_catalogue_decides(spec: ModelSpec) -> None:
    assert address(spec.url, None) == spec.url


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("ws://127.0.0.1:8765", "ws://127.0.0.1:8765/v4.0/chat"),
        ("ws://127.0.0.1:8765/", "ws://127.0.0.1:8765/v4.0/chat"),
        ("http://127.0.0.1:8765", "ws://127.0.0.1:8765/v4.0/chat"),
        ("https://spark.example.com", "wss://spark.example.com/v4.0/chat"),
        ("wss://spark.example.com", "wss://spark.example.com/v4.0/chat"),
        ("wss://spark.example.com/own/path", "wss://spark.example.com/own/path"),
        ("https://spark.example.com/own/path", "wss://spark.example.com/own/path"),
        ("ws://[::1]:8765", "ws://[::1]:8765/v4.0/chat"),
        ("WSS://spark.example.com", "wss://spark.example.com/v4.0/chat"),
    ],
)
def test_a_base_url_without_a_path_keeps_the_models_path(base_url: str, url: str) -> None:
    assert address(ULTRA.url, base_url) == url


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("wss://spark.example.com:443", "spark.example.com"),
        ("ws://spark.example.com:80", "spark.example.com"),
        ("wss://Spark.Example.COM", "spark.example.com"),
        ("wss://spark.example.com:8443", "spark.example.com:8443"),
    ],
)
def test_the_host_is_written_as_the_host_header_will_be(base_url: str, host: str) -> None:
    """It is signed, and a WebSocket library leaves the usual port out and capitals behind."""
    assert address(ULTRA.url, base_url).split("/")[2] == host


BAD_URLS = [
    "127.0.0.1:8765",
    "spark.example.com",
    "ftp://spark.example.com",
    "wss://",
    "wss:///v4.0/chat",
    "wss://spark.example.com:0",
    "wss://spark.example.com:99999",
    "wss://spark.example.com:port",
    "wss://spark example.com",
    "wss://spark.example.com/a b",
    "wss://spark.example.com/?x=1",
    "wss://spark.example.com/#part",
    "wss://user:marker@spark.example.com",
    "wss://:marker@spark.example.com",
    "wss://spark.example.com/\n",
    "wss://[::1",
    "wss://spark..com",
    f"wss://{'a' * 64}.com",
    "not an address",
]


@pytest.mark.parametrize("base_url", BAD_URLS)
def test_a_bad_base_url_is_refused_when_the_client_is_set_up(base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url") as caught:
        Endpoint.from_env(base_url=base_url, environ={})
    assert "marker" not in str(caught.value)
    assert "wss://spark-api.xf-yun.com" in caught.value.hint


@pytest.mark.parametrize("base_url", [8765, b"ws://127.0.0.1:8765"])
def test_a_base_url_that_is_no_string_is_refused(base_url: Any) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        Endpoint.from_env(base_url=base_url, environ={})


def test_nothing_set_means_the_newest_general_model_at_its_address() -> None:
    endpoint = Endpoint.from_env(environ={})
    assert endpoint.model == ULTRA
    assert endpoint.url(ULTRA) == ULTRA.url


def test_our_own_variables_hold_for_every_model() -> None:
    environ = {"SPARK_BASE_URL": "ws://127.0.0.1:1", "SPARK_MODEL": "lite"}
    endpoint = Endpoint.from_env(environ=environ)
    assert endpoint.model == find_model("lite")
    assert endpoint.url(endpoint.model) == "ws://127.0.0.1:1/v1.1/chat"
    assert endpoint.url(ULTRA) == "ws://127.0.0.1:1/v4.0/chat"


def test_arguments_win_over_the_environment() -> None:
    environ = {"SPARK_BASE_URL": "ws://127.0.0.1:1", "SPARK_MODEL": "lite"}
    endpoint = Endpoint.from_env("max", "ws://127.0.0.1:2", environ)
    assert endpoint.model == find_model("max")
    assert endpoint.url(endpoint.model) == "ws://127.0.0.1:2/v3.5/chat"


OTHERS = [
    ("IFLYTEK_SPARK_APP_ID", "IFLYTEK_SPARK_API_URL", "IFLYTEK_SPARK_LLM_DOMAIN"),
    ("SPARKAI_APP_ID", "SPARKAI_URL", "SPARKAI_DOMAIN"),
]


@pytest.mark.parametrize(("app_id", "url", "domain"), OTHERS)
def test_another_familys_address_is_for_its_domain_alone(
    app_id: str, url: str, domain: str
) -> None:
    environ = {app_id: "id", url: "wss://gate.example.com/v3.5/chat", domain: "generalv3.5"}
    endpoint = Endpoint.from_env(environ=environ)
    assert endpoint.model == find_model("max")
    assert endpoint.url(find_model("max")) == "wss://gate.example.com/v3.5/chat"
    assert endpoint.url(ULTRA) == ULTRA.url


@pytest.mark.parametrize(("app_id", "url", "domain"), OTHERS)
def test_another_familys_address_without_its_domain_is_not_used(
    app_id: str, url: str, domain: str
) -> None:
    endpoint = Endpoint.from_env(environ={app_id: "id", url: "wss://gate.example.com/v3.5/chat"})
    assert endpoint.url(endpoint.model) == ULTRA.url


@pytest.mark.parametrize(("app_id", "url", "domain"), OTHERS)
def test_a_domain_without_an_address_is_the_model(app_id: str, url: str, domain: str) -> None:
    endpoint = Endpoint.from_env(environ={app_id: "id", domain: "max-32k"})
    assert endpoint.model == find_model("max-32k")
    assert endpoint.url(endpoint.model) == find_model("max-32k").url


def test_our_base_url_beats_another_familys_address() -> None:
    environ = {
        "SPARKAI_APP_ID": "id",
        "SPARKAI_URL": "wss://gate.example.com/v3.5/chat",
        "SPARKAI_DOMAIN": "generalv3.5",
        "SPARK_BASE_URL": "ws://127.0.0.1:1",
    }
    assert Endpoint.from_env(environ=environ).url(ULTRA) == "ws://127.0.0.1:1/v4.0/chat"


def test_address_and_model_follow_the_family_that_gives_the_credentials() -> None:
    environ = {
        "SPARK_APP_ID": "left over",
        "SPARKAI_APP_ID": "id",
        "SPARKAI_API_KEY": "key",
        "SPARKAI_API_SECRET": "secret",
        "SPARKAI_URL": "wss://gate.example.com/v3.5/chat",
        "SPARKAI_DOMAIN": "generalv3.5",
    }
    endpoint = Endpoint.from_env(environ=environ)
    assert endpoint.url(endpoint.model) == "wss://gate.example.com/v3.5/chat"


@pytest.mark.parametrize("variable", ["SPARK_MODEL"])
def test_an_unknown_model_in_the_environment_is_named(variable: str) -> None:
    with pytest.raises(UnknownModelError, match="gpt-4"):
        Endpoint.from_env(environ={variable: "gpt-4"})


def test_a_spec_of_ones_own_brings_its_address() -> None:
    endpoint = Endpoint.from_env(MINE, environ={})
    assert endpoint.url(MINE) == MINE.url
