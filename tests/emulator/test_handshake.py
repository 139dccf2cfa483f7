"""The handshake: what is let in, and how the rest is refused (PROTOCOL.md §2.1)."""

from __future__ import annotations

import base64
import http.client
import json
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import websocket
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark import Credentials
from iflytek_spark.emulator import Emulator, running_emulator
from iflytek_spark.protocol.wire.signing import http_date, sign_url, verify_url
from tests.emulator.raw_client import ask, connected, signed

_NOW = 1736150400.0
_UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
    "Sec-WebSocket-Version": "13",
}


def _shake(url: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Send one plain handshake and return status, headers and body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request(method, url.removeprefix(f"ws://{parts.netloc}"), headers=_UPGRADE)
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return response.status, headers, b"" if response.status == 101 else response.read()
    finally:
        connection.close()


def _resigned(spark: Emulator, now: float | None = None, /, **changes: str) -> str:
    """A signed URL with other values in its query."""
    base, _, query = signed(spark, now=now).partition("?")
    values = {name: value for name, (value,) in parse_qs(query).items()} | changes
    return f"{base}?{urlencode({name: value for name, value in values.items() if value})}"


def _authorization(spark: Emulator, now: float) -> str:
    values = parse_qs(urlsplit(signed(spark, now=now)).query)
    return base64.b64decode(values["authorization"][0]).decode()


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_signed_url_opens_a_websocket(spark: Emulator) -> None:
    status, headers, _ = _shake(signed(spark))
    assert status == 101
    assert headers["upgrade"] == "websocket"


def test_the_date_comes_from_the_emulator_s_clock() -> None:
    with running_emulator(clock=lambda: _NOW) as spark:
        url = sign_url(f"{spark.base_url}/v4.0/chat", spark.credentials, _NOW)
        for target, status in ((url, 101), (f"{url}x", 401), (f"{spark.base_url}/nowhere", 404)):
            found, headers, _ = _shake(target)
            assert (found, headers["date"]) == (status, http_date(_NOW))


_HMAC = "HMAC signature cannot be verified"
_DATE = f"{_HMAC}, a valid date or x-date header is required for HMAC Authentication"
_NO_MATCH = "HMAC signature does not match"


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"authorization": ""}, 401, "Unauthorized"),
        ({"authorization": "no base64!"}, 401, _HMAC),
        ({"authorization": _encoded("no fields")}, 401, _HMAC),
        ({"date": ""}, 403, _DATE),
        ({"date": "yesterday"}, 403, _DATE),
        ({"host": "spark-api.xf-yun.com"}, 401, _NO_MATCH),
        ({"host": ""}, 401, _NO_MATCH),
    ],
)
def test_refusals(spark: Emulator, changes: dict[str, str], status: int, message: str) -> None:
    found, headers, content = _shake(_resigned(spark, **changes))
    assert found == status
    assert json.loads(content) == {"message": message}
    assert headers["content-type"].startswith("application/json")
    assert "upgrade" not in headers


def test_an_unknown_key(spark: Emulator) -> None:
    other = Credentials("app", "another-key", spark.credentials.api_secret)
    status, _, content = _shake(sign_url(f"{spark.base_url}/v4.0/chat", other, time.time()))
    assert status == 401
    assert json.loads(content)["message"] == f"{_HMAC}: fail to retrieve credential"


def test_a_wrong_secret(spark: Emulator) -> None:
    other = Credentials("app", spark.credentials.api_key, "another-secret")
    status, _, content = _shake(sign_url(f"{spark.base_url}/v4.0/chat", other, time.time()))
    assert status == 401
    assert json.loads(content)["message"] == _NO_MATCH


def test_a_signature_without_the_host(spark: Emulator) -> None:
    now = time.time()
    text = _authorization(spark, now).replace("host date request-line", "date request-line")
    status, _, content = _shake(_resigned(spark, now, authorization=_encoded(text)))
    assert status == 401
    assert "enforced header 'host' not used" in json.loads(content)["message"]


def test_a_signature_for_another_path_or_method(spark: Emulator) -> None:
    url = signed(spark).replace("/v4.0/chat", "/v3.5/chat")
    post = sign_url(f"{spark.base_url}/v4.0/chat", spark.credentials, time.time(), "POST")
    for target in (url, post):
        status, _, content = _shake(target)
        assert status == 401
        assert json.loads(content)["message"] == _NO_MATCH


@pytest.mark.parametrize(("offset", "status"), [(-301, 403), (-299, 101), (299, 101), (301, 403)])
def test_the_window_of_the_date(offset: float, status: int) -> None:
    with running_emulator(clock=lambda: _NOW) as spark:
        url = sign_url(f"{spark.base_url}/v4.0/chat", spark.credentials, _NOW + offset)
        assert _shake(url)[0] == status


def test_tolerances(spark: Emulator) -> None:
    now = time.time()
    text = _authorization(spark, now)
    older = text.replace("api_key=", "hmac username=")
    spaced = text.replace(", ", ",         ")
    for authorization in (older, spaced):
        assert _shake(_resigned(spark, now, authorization=_encoded(authorization)))[0] == 101
    assert _shake(signed(spark).replace("+", "%20"))[0] == 101


def test_an_unknown_path(spark: Emulator) -> None:
    status, _, content = _shake(signed(spark, "/v9.9/chat"))
    assert (status, content) == (404, b"404 page not found")


def test_a_post_finds_nothing_yet(spark: Emulator) -> None:
    assert _shake(signed(spark), "POST")[0] == 404


def test_a_signed_request_without_an_upgrade(spark: Emulator) -> None:
    connection = http.client.HTTPConnection(urlsplit(spark.base_url).netloc, timeout=10)
    try:
        connection.request("GET", signed(spark).removeprefix(spark.base_url))
        assert connection.getresponse().status == 426
    finally:
        connection.close()


def test_every_path_of_the_catalogue_is_served(spark: Emulator) -> None:
    for path in ("/v1.1/chat", "/v2.1/chat", "/v3.1/chat", "/chat/pro-128k", "/v3.5/chat",
                 "/chat/max-32k", "/v4.0/chat", "/v1.1/chat_kjwx", "/v1.1/chat_multilang",
                 "/v1/x1", "/x2", "/v2.1/image"):  # fmt: skip
        with connected(spark, path):
            pass


def test_a_refusal_is_seen_by_a_websocket_client(spark: Emulator) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        websocket.create_connection(_resigned(spark, host="elsewhere"))
    assert caught.value.status_code == 401
    assert b"does not match" in (caught.value.resp_body or b"")


_CREDENTIALS = Credentials("app", "key", "secret")
_HOST = "127.0.0.1:8765"
_TARGET = sign_url(f"ws://{_HOST}/v4.0/chat", _CREDENTIALS, _NOW).removeprefix(f"ws://{_HOST}")
_URL_CHARACTERS = "".join(map(chr, range(0x21, 0x7F)))


def _same(one: str, other: str) -> bool:
    """Whether two targets say the same, as ``%2b`` and ``%2B`` do; ``#`` begins nothing in them."""
    first, second = (urlsplit(target.replace("#", "%23")) for target in (one, other))
    return first.path == second.path and parse_qs(first.query) == parse_qs(second.query)


@given(st.integers(0, len(_TARGET) - 1), st.sampled_from(_URL_CHARACTERS))
def test_any_one_character_change_is_refused(place: int, character: str) -> None:
    changed = f"{_TARGET[:place]}{character}{_TARGET[place + 1 :]}"
    refusal = verify_url(changed, _HOST, _NOW, {"key": "secret"}.get)
    assert (refusal is None) == _same(changed, _TARGET)


def test_one_character_changes_at_every_place_over_a_socket(spark: Emulator) -> None:
    target = signed(spark).removeprefix(spark.base_url)
    for place, character in enumerate(target):
        replacement = "A" if character != "A" else "B"
        changed = f"{target[:place]}{replacement}{target[place + 1 :]}"
        if changed[0] == "/":
            assert _shake(spark.base_url + changed)[0] in (401, 403, 404)
    assert not spark.requests


@given(st.integers(0, len(_TARGET)), st.sampled_from(_URL_CHARACTERS))
def test_any_one_character_more_is_refused(place: int, character: str) -> None:
    changed = f"{_TARGET[:place]}{character}{_TARGET[place:]}"
    refusal = verify_url(changed, _HOST, _NOW, {"key": "secret"}.get)
    assert (refusal is None) == _same(changed, _TARGET)


def test_own_credentials() -> None:
    mine = Credentials("app-id", "key", "secret")
    with running_emulator(credentials=mine) as spark:
        assert spark.credentials == mine
        assert ask(spark, "你好").text


def test_each_emulator_has_credentials_of_its_own() -> None:
    with running_emulator() as one, running_emulator() as other:
        assert one.credentials != other.credentials
        assert one.base_url != other.base_url
