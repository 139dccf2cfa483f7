"""Pages of sites that the operator names may ask from a browser; a browser asks that first."""

from __future__ import annotations

import httpx2
import pytest

from iflytek_spark.gateway.middleware.auth import new_key
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import BODY, bearer

_CHAT = "https://chat.example.com"
_PATH = "/v1/chat/completions"


def preflight(url: str, origin: str) -> httpx2.Response:
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-stainless-os",
    }
    return httpx2.options(url + _PATH, headers=headers)


def test_a_page_asks_with_its_key(running_gateway: RunningGateway) -> None:
    key, known = new_key()
    url = running_gateway(keys={"page": known}, cors_origins=[_CHAT], requests_per_minute=60)
    first = preflight(url, _CHAT)
    assert first.status_code == 200
    assert first.headers["access-control-allow-origin"] == _CHAT
    allowed = first.headers["access-control-allow-headers"].lower()
    assert {"authorization", "content-type", "x-stainless-os"} <= {*allowed.split(",")}
    answer = httpx2.post(url + _PATH, json=BODY, headers=bearer(key) | {"origin": _CHAT})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == _CHAT
    shown = {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"x-request-id", "x-spark-ignored", "x-ratelimit-remaining-requests"} <= shown


def test_it_reads_why_it_is_refused(running_gateway: RunningGateway) -> None:
    _, known = new_key()
    url = running_gateway(keys={"page": known}, cors_origins=[_CHAT])
    for headers, status in (({}, 401), (bearer("wrong"), 401)):
        answer = httpx2.post(url + _PATH, json=BODY, headers=headers | {"origin": _CHAT})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == _CHAT


@pytest.mark.parametrize("origin", ["https://evil.example", f"{_CHAT}.evil.example", "null"])
def test_others_do_not(running_gateway: RunningGateway, origin: str) -> None:
    _, known = new_key()
    for url in (running_gateway(keys={"page": known}, cors_origins=[_CHAT]), running_gateway()):
        answer = preflight(url, origin)
        assert answer.status_code in (400, 401, 403, 405)
        assert "access-control-allow-origin" not in answer.headers


def test_without_keys_a_named_site_may_ask_and_no_other(running_gateway: RunningGateway) -> None:
    url = running_gateway(cors_origins=[_CHAT])
    page = {"origin": _CHAT, "referer": f"{_CHAT}/", "sec-fetch-site": "cross-site"}
    assert preflight(url, _CHAT).status_code == 200
    assert httpx2.post(url + _PATH, json=BODY, headers=page).status_code == 200
    for wrong in (
        page | {"origin": "https://evil.example"},
        page | {"host": "evil.example"},
        {"sec-fetch-site": "cross-site", "referer": f"{_CHAT}/"},
    ):
        assert httpx2.post(url + _PATH, json=BODY, headers=wrong).status_code == 403


def test_all_sites_with_keys(running_gateway: RunningGateway) -> None:
    _, known = new_key()
    url = running_gateway(keys={"page": known}, cors_origins=["*"])
    assert preflight(url, "https://any.example").headers["access-control-allow-origin"] == "*"
