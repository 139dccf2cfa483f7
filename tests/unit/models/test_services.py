"""The addresses of the services of signed POST."""

from __future__ import annotations

import pytest

from iflytek_spark.endpoint import Endpoint, address
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.models.services import EMBEDDING, IMAGE_GENERATION, Service

SERVICES = [EMBEDDING, IMAGE_GENERATION]


@pytest.mark.parametrize(
    ("service", "base_url", "url"),
    [
        (EMBEDDING, None, "https://emb-cn-huabei-1.xf-yun.com/"),
        (EMBEDDING, "", "https://emb-cn-huabei-1.xf-yun.com/"),
        (IMAGE_GENERATION, None, "https://spark-api.cn-huabei-1.xf-yun.com/v2.1/tti"),
        (EMBEDDING, "ws://127.0.0.1:8765", "http://127.0.0.1:8765/"),
        (EMBEDDING, "http://127.0.0.1:8765/", "http://127.0.0.1:8765/"),
        (IMAGE_GENERATION, "wss://[::1]:8765", "https://[::1]:8765/v2.1/tti"),
        (IMAGE_GENERATION, "https://gateway", "https://gateway/v2.1/tti"),
        (EMBEDDING, "https://gateway/v1/private/x", "https://gateway/v1/private/x"),
    ],
)
def test_the_address_of_a_service(service: Service, base_url: str | None, url: str) -> None:
    assert address(service.url, base_url) == url


@pytest.mark.parametrize("base_url", ["gateway", "ftp://gateway", "https://u:p@gateway"])
def test_what_is_no_address(base_url: str) -> None:
    with pytest.raises(ConfigurationError):
        address(EMBEDDING.url, base_url)


@pytest.mark.parametrize("service", SERVICES)
def test_an_address_for_one_model_is_not_for_a_service(service: Service) -> None:
    """Other clients' variables name the whole address of a chat model."""
    environ = {
        "SPARKAI_APP_ID": "app1",
        "SPARKAI_URL": "wss://spark-api.xf-yun.com/v4.0/chat",
        "SPARKAI_DOMAIN": "4.0Ultra",
    }
    assert Endpoint.from_env(environ=environ).service_url(service) == service.url


@pytest.mark.parametrize("service", SERVICES)
def test_our_own_variable_is_for_a_service_too(service: Service) -> None:
    environ = {"SPARK_BASE_URL": "ws://127.0.0.1:8765"}
    url = Endpoint.from_env(environ=environ).service_url(service)
    assert url.startswith("http://127.0.0.1:8765/")
