"""The gateway that this one replaces: the curl commands of its README."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from tests.gateway.chat_helpers import data_url
from tests.gateway.curl_helpers import SENDERS, Send, command, with_http
from tests.gateway.gateway_helpers import Gateway
from tests.gateway.legacy_commands import HOSTED_TEXT, MALFORMED, OPENAI_VISION, TEXT, VISION
from tests.unit.images.drawing import drawn


@pytest.fixture(params=SENDERS)
def send(request: pytest.FixtureRequest) -> Send:
    return SENDERS[request.param]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name of the internet is known."""
    look_up = socket.getaddrinfo

    def nobody(host: Any, *more: Any, **options: Any) -> Any:
        if host == "pbs.twimg.com":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", nobody)


@pytest.mark.parametrize("text", [TEXT, HOSTED_TEXT])
def test_the_text_commands(gateway: Gateway, send: Send, text: str) -> None:
    answer = send(command(text, gateway))
    assert answer.status == 200
    (choice,) = answer.body["choices"]
    assert "大语言模型的理论基础是什么？" in choice["message"]["content"]
    assert (choice["index"], choice["finish_reason"]) == (0, "stop")
    assert set(answer.body["usage"]) >= {"prompt_tokens", "completion_tokens", "total_tokens"}
    assert (answer.body["version"], answer.body["domain"]) == ("v2.1", "generalv2")
    asked = gateway.spark.requests[-1]
    assert asked.path == "/v2.1/chat"
    options = asked.body["parameter"]["chat"]
    assert options["domain"] == "generalv2"
    assert options["temperature"] == 0.7
    assert "max_tokens" not in options


@pytest.mark.parametrize("text", [OPENAI_VISION, VISION])
def test_the_picture_commands(gateway: Gateway, send: Send, text: str) -> None:
    picture = data_url(drawn((80, 60), "PNG"))
    answer = send(command(text, gateway, picture))
    assert answer.status == 200
    (choice,) = answer.body["choices"]
    assert "PNG 格式，宽 80 像素，高 60 像素" in choice["message"]["content"]
    assert answer.body["domain"] == "general"
    assert gateway.spark.requests[-1].path == "/v2.1/image"


@pytest.mark.parametrize("text", [OPENAI_VISION, VISION])
def test_a_picture_that_cannot_be_fetched_is_told(
    gateway: Gateway, send: Send, offline: None, text: str
) -> None:
    before = len(gateway.spark.requests)
    answer = send(command(text, gateway))
    assert (answer.status, answer.body["error"]["code"]) == (400, "invalid_image_url")
    assert "https://pbs.twimg.com" in answer.body["error"]["message"]
    assert "Name or service not known" in answer.body["error"]["message"]
    assert len(gateway.spark.requests) == before


def test_the_malformed_command_is_refused(gateway: Gateway, send: Send) -> None:
    answer = send(command(MALFORMED, gateway))
    assert answer.status == 400
    assert "not JSON" in answer.body["error"]["message"]
    assert "line 2 column 5" in answer.body["error"]["message"]


@pytest.mark.parametrize(
    ("version", "path"), [("v1.1", "/v1.1/chat"), ("v3.1", "/v3.1/chat"), ("v4.0", "/v4.0/chat")]
)
def test_a_version_chooses_the_model(gateway: Gateway, version: str, path: str) -> None:
    answer = with_http(command(TEXT.replace("v2.1", version), gateway))
    assert answer.status == 200
    assert gateway.spark.requests[-1].path == path


def test_an_unknown_version_is_no_model(gateway: Gateway) -> None:
    answer = with_http(command(TEXT.replace("v2.1", "v9"), gateway))
    assert (answer.status, answer.body["error"]["code"]) == (404, "model_not_found")
