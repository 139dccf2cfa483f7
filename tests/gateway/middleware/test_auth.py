from __future__ import annotations

import hashlib
import logging

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.middleware.auth import KeyRing, hash_key, new_key
from iflytek_spark.gateway.settings import load_settings
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import ask, code
from tests.gateway.middleware.conftest import Keys
from tests.gateway.serving import serving

UNKNOWN_KEY = "sk-spark-of-no-caller"
REFUSED_HEADERS = (
    b"",
    b"Bearer",
    f"Bearer {UNKNOWN_KEY}".encode(),
    b"Bearer sha256:" + b"0" * 64,
    b"Basic YW5uYTpwdw==",
    "Bearer ключ".encode(),
)


def assert_refused(response: httpx2.Response) -> None:
    assert (response.status_code, code(response)) == (401, "invalid_api_key")
    assert response.headers["www-authenticate"] == "Bearer"


def test_each_key_of_the_configuration_is_let_in(
    running_gateway: RunningGateway, keys: Keys
) -> None:
    url = running_gateway(keys=keys.hashed)
    assert ask(url, keys.anna).status_code == 200
    assert ask(url, keys.bert).status_code == 200


def test_without_a_known_key_nothing_is_answered(
    running_gateway: RunningGateway, keys: Keys
) -> None:
    with httpx2.Client(base_url=running_gateway(keys=keys.hashed)) as client:
        assert_refused(client.get("/v1/models"))
        for header in REFUSED_HEADERS:
            assert_refused(client.get("/v1/models", headers={b"authorization": header}))


def test_the_hash_of_the_configuration_is_no_key(
    running_gateway: RunningGateway, keys: Keys
) -> None:
    url = running_gateway(keys=keys.hashed)
    assert ask(url, keys.hashed["anna"]).status_code == 401


def test_the_scheme_may_be_written_in_small_letters(
    running_gateway: RunningGateway, keys: Keys
) -> None:
    url = running_gateway(keys=keys.hashed)
    response = httpx2.get(url + "/v1/models", headers={"authorization": f"bearer {keys.anna}"})
    assert response.status_code == 200


def test_without_keys_any_key_is_let_in(running_gateway: RunningGateway) -> None:
    url = running_gateway()
    assert ask(url).status_code == 200
    assert ask(url, UNKNOWN_KEY).status_code == 200


def test_the_description_is_open(running_gateway: RunningGateway, keys: Keys) -> None:
    url = running_gateway(keys=keys.hashed)
    described = httpx2.get(url + "/openapi.json").json()
    answers = described["paths"]["/v1/chat/completions"]["post"]["responses"]
    assert {"401", "408", "413", "429", "503"} <= set(answers)


def test_a_gateway_that_is_mounted_deeper_is_guarded(spark_keys: None, keys: Keys) -> None:
    app = create_app(load_settings(keys=keys.hashed))
    with serving(Starlette(routes=[Mount("/spark", app)])) as url:
        assert httpx2.get(url + "/spark/v1/models").status_code == 401


def test_no_key_is_logged_or_sent_back(
    running_gateway: RunningGateway, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = running_gateway(keys=keys.hashed)
    shown = "".join(response.text for response in (ask(url, keys.anna), ask(url, UNKNOWN_KEY)))
    shown += "".join(record.getMessage() for record in caplog.records)
    for secret in (keys.anna, UNKNOWN_KEY, *keys.hashed.values()):
        assert secret not in shown


def test_a_new_key_is_known_by_its_hash_and_by_nothing_else() -> None:
    key, hashed = new_key()
    assert hashed == hash_key(key) == f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"
    assert new_key()[0] != key
    assert len(key) >= 43  # 256 bits in base64


def test_callers_are_called_by_their_key_or_by_their_address(keys: Keys) -> None:
    request = {
        "type": "http",
        "client": ("192.0.2.7", 4711),
        "headers": [(b"authorization", b"Bearer " + keys.bert.encode())],
    }
    assert KeyRing(keys.hashed).caller(request).name == "bert"
    assert KeyRing({}).caller(request).name == "192.0.2.7"
    assert KeyRing({}).caller({**request, "client": None}).name == "unknown"


def test_a_key_in_the_clear_is_no_configuration() -> None:
    with pytest.raises(ConfigurationError, match=r"keys\.anna") as refused:
        load_settings(keys={"anna": "sk-in-the-clear"})
    assert "sk-in-the-clear" not in str(refused.value)
