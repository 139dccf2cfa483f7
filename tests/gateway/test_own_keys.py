"""What is wrong with the gateway's own Spark keys is its operator's matter, not the caller's."""

from __future__ import annotations

import logging

import httpx2
import pytest

from iflytek_spark.emulator import Emulator, faults
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import ask, streaming


@pytest.fixture
def wrong_secret(emulator: Emulator, spark_keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_API_SECRET", "f" * 32)


def test_wrong_keys_of_the_operators(
    wrong_secret: None, running_gateway: RunningGateway, caplog: pytest.LogCaptureFixture
) -> None:
    url = running_gateway()
    assert httpx2.get(f"{url}/readyz").status_code == 200
    for _ in range(2):
        answer = ask(url)
        assert answer.status_code == 502
        assert answer.headers["x-should-retry"] == "false"
        error = answer.json()["error"]
        assert (error["type"], error["code"]) == ("server_error", "gateway_keys_refused")
        assert "operator" in error["message"]
    alarms = [one for one in caplog.records if one.name == "iflytek_spark.gateway"]
    assert [one.levelno for one in alarms] == [logging.ERROR]
    assert "HMAC signature" in alarms[0].getMessage()
    ready = httpx2.get(f"{url}/readyz")
    assert ready.status_code == 503
    assert "Spark refuses the gateway's own keys" in ready.json()["because"]


def test_wrong_keys_of_the_callers(running_gateway: RunningGateway) -> None:
    url = running_gateway()
    own = {"x-app-id": "other-id", "x-api-key": "other-key", "x-api-secret": "other-secret"}
    body = {"model": "lite", "messages": [{"role": "user", "content": "你好"}]}
    answer = httpx2.post(f"{url}/v1/chat/completions", headers=own, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "spark_keys_refused")
    assert httpx2.get(f"{url}/readyz").status_code == 200


def test_a_model_without_a_licence_is_no_fault_of_the_callers(
    running_gateway: RunningGateway, emulator: Emulator
) -> None:
    emulator.script(faults.ErrorFrame(11200))
    url = running_gateway()
    answer = ask(url)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (502, "gateway_keys_not_permitted")
    assert error["spark_code"] == 11200
    assert error["sid"]
    assert httpx2.get(f"{url}/readyz").status_code == 200  # other models go on


def test_the_same_amid_a_stream(running_gateway: RunningGateway, emulator: Emulator) -> None:
    emulator.script(faults.ErrorFrame(11200, after=2))
    with streaming(running_gateway()) as lines:
        assert "gateway_keys_not_permitted" in "".join(lines)
