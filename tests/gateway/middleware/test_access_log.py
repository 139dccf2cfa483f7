from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

import httpx2
import pytest

from iflytek_spark import Usage
from iflytek_spark.emulator import Emulator, Reply, faults
from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.gateway.upstream import Upstream
from tests.gateway.conftest import RunningGateway
from tests.gateway.gateway_helpers import one_gateway
from tests.gateway.http_helpers import ask, bearer, streaming
from tests.gateway.metrics_helpers import samples_after
from tests.gateway.middleware.conftest import AccessLog

_WORDS = "讲一个秘密"


def test_a_whole_answer(running_gateway: RunningGateway, access_log: AccessLog) -> None:
    answer = ask(running_gateway(), model="v4.0").json()
    (line,) = access_log.lines(1)
    assert datetime.fromisoformat(line.pop("time")).utcoffset() is not None
    assert 0 < line.pop("seconds") < 10
    assert line.pop("request_id").startswith("req_")
    assert line == {
        "method": "POST",
        "path": "/v1/chat/completions",
        "status": 200,
        "address": "127.0.0.1",
        "caller": "127.0.0.1",
        "model": "4.0Ultra",
        "streamed": False,
        "sid": answer["sid"],
        "texts": None,
        "prompt_tokens": answer["usage"]["prompt_tokens"],
        "completion_tokens": answer["usage"]["completion_tokens"],
        "first_token_seconds": None,
        "error": "",
        "spark_code": None,
        "client_disconnected": False,
        "ignored": [],
    }


def test_a_streamed_answer(running_gateway: RunningGateway, access_log: AccessLog) -> None:
    with streaming(running_gateway()) as lines:
        assert list(lines)
    (line,) = access_log.lines(1)
    assert line["streamed"] is True
    assert 0 < line["first_token_seconds"] <= line["seconds"]
    assert line["completion_tokens"] > 0
    assert line["sid"]


def test_the_callers_key_has_a_name(running_gateway: RunningGateway, access_log: AccessLog) -> None:
    key, known = new_key()
    url = running_gateway(keys={"anna": known})
    assert ask(url, key).status_code == 200
    assert ask(url, "another").status_code == 401
    lines = access_log.lines(2)
    assert [line["caller"] for line in lines] == ["anna", ""]
    assert lines[1]["error"] == "invalid_api_key"
    assert lines[1]["address"] == "127.0.0.1"


def test_what_spark_refuses(
    running_gateway: RunningGateway, emulator: Emulator, access_log: AccessLog
) -> None:
    emulator.script(faults.ErrorFrame(10013))
    assert ask(running_gateway()).status_code == 400
    (line,) = access_log.lines(1)
    assert (line["status"], line["error"], line["spark_code"]) == (400, "ContentFilterError", 10013)
    assert line["sid"]


def test_an_error_in_mid_stream(
    running_gateway: RunningGateway, emulator: Emulator, access_log: AccessLog
) -> None:
    emulator.script(faults.ErrorFrame(10010, after=2))
    with streaming(running_gateway()) as lines:
        assert list(lines)
    (line,) = access_log.lines(1)
    assert (line["status"], line["spark_code"]) == (200, 10010)
    assert line["error"]


@pytest.mark.parametrize("streamed", [True, False])
def test_the_sid_of_a_caller_that_leaves_amid_the_answer(
    running_gateway: RunningGateway, emulator: Emulator, access_log: AccessLog, streamed: bool
) -> None:
    emulator.script(faults.Silence(after=2))
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(
            f"{running_gateway()}/v1/chat/completions",
            json={
                "model": "lite",
                "messages": [{"role": "user", "content": "你好"}],
                "stream": streamed,
            },
            timeout=0.5,
        )
    assert emulator.wait_until_idle()
    (line,) = access_log.lines(1)
    assert line["client_disconnected"] is True
    assert line["sid"]


def test_embeddings_tell_how_many_texts(
    running_gateway: RunningGateway, access_log: AccessLog
) -> None:
    url = f"{running_gateway()}/v1/embeddings"
    httpx2.post(url, json={"model": "spark-embedding", "input": ["一", "二"]})
    (line,) = access_log.lines(1)
    assert line["texts"] == 2


@pytest.mark.parametrize("streamed", [True, False])
def test_a_caller_that_leaves(
    running_gateway: RunningGateway, emulator: Emulator, access_log: AccessLog, streamed: bool
) -> None:
    emulator.script(faults.Silence())
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(
            f"{running_gateway()}/v1/chat/completions",
            json={
                "model": "lite",
                "messages": [{"role": "user", "content": "你好"}],
                "stream": streamed,
            },
            timeout=0.3,
        )
    assert emulator.wait_until_idle()
    (line,) = access_log.lines(1)
    assert line["client_disconnected"] is True
    assert line["status"] == 499


def test_what_nobody_foresaw(
    running_gateway: RunningGateway, access_log: AccessLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = running_gateway()
    monkeypatch.setattr(Upstream, "client", lambda self, headers: self.no_such_thing)
    assert ask(url).status_code == 500
    (line,) = access_log.lines(1)
    assert (line["status"], line["error"]) == (500, "AttributeError")


def test_what_is_nobodys_business(
    running_gateway: RunningGateway, emulator: Emulator, access_log: AccessLog
) -> None:
    key, known = new_key()
    url = running_gateway(keys={"anna": known})
    own = {"x-app-id": "other-id", "x-api-key": "other-key", "x-api-secret": "other-secret"}
    body = {"model": "lite", "messages": [{"role": "user", "content": _WORDS}], "user": "anna@home"}
    for headers in (bearer(key), bearer(key) | own):
        path = f"{url}/v1/chat/completions?token=in-the-address"
        httpx2.post(path, headers=headers, json=body)
    assert [line["status"] for line in access_log.lines(2)] == [200, 401]
    secrets = [_WORDS, key, known, "anna@home", "in-the-address", "authorization", *own.values()]
    credentials = emulator.credentials
    secrets += [credentials.api_key, credentials.api_secret, "wss:", "ws:"]
    assert not [secret for secret in secrets if secret in "".join(access_log.text)]


def test_one_line_whatever_the_path_holds(
    running_gateway: RunningGateway, access_log: AccessLog
) -> None:
    assert httpx2.get(f"{running_gateway()}/v1/%0Aforged%0D{'x' * 5000}").status_code == 404
    (line,) = access_log.lines(1)
    assert line["error"] == "no_such_route"
    assert len(access_log.text[0]) < 1000
    assert not {"\n", "\r"} & set(access_log.text[0])


@pytest.mark.parametrize("code_point", [0x00, 0x1B, 0x7F, 0x85, 0x9B, 0x2028, 0x2029, 0x202E])
def test_no_character_of_a_path_ends_a_line_or_steers_a_terminal(
    running_gateway: RunningGateway, access_log: AccessLog, code_point: int
) -> None:
    path = f"/v1/x{chr(code_point)}forged"
    assert httpx2.get(running_gateway() + quote(path)).status_code == 404
    (line,) = access_log.lines(1)
    assert line["path"] == path
    assert access_log.text[0].isascii()
    assert access_log.text[0].isprintable()


@pytest.mark.parametrize("tokens", [-5, 10**30, 10**400])
@pytest.mark.parametrize("streamed", [True, False])
def test_a_usage_that_cannot_be_counted_costs_no_line(
    access_log: AccessLog, tokens: int, streamed: bool
) -> None:
    odd = Reply("你好", usage=Usage(tokens, tokens, tokens))
    with one_gateway(emulator={"respond": lambda request: odd}) as gateway:
        url = gateway.url.removesuffix("/v1")
        ask(url, stream=streamed)
        (line,) = access_log.lines(1)
        assert line["error"] in ("", "InvalidFrameError")
        seen = samples_after(url, 1)
        assert seen.sum("requests_total") == 1
        assert 0 <= seen.sum("tokens_total") <= 2e9


def test_the_gateways_own_pages_are_not_logged(
    running_gateway: RunningGateway, access_log: AccessLog
) -> None:
    url = running_gateway()
    for path in ("/healthz", "/readyz", "/metrics", "/docs"):
        assert httpx2.get(url + path).status_code == 200
    assert ask(url).status_code == 200
    assert access_log.lines(1)[0]["path"] == "/v1/chat/completions"
