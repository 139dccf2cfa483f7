"""Without keys the gateway is for programs of this machine; pages of other sites get nothing."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from starlette.types import Message, Scope

from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.gateway.settings import GatewaySettings, load_settings
from tests.gateway.gateway_helpers import Gateway, one_gateway
from tests.gateway.http_helpers import BODY, code

_PATH = "/v1/chat/completions"
_JSON = "application/json"
_LAN = "192.0.2.7"


@pytest.fixture(scope="module")
def keyless() -> Iterator[Gateway]:
    with one_gateway() as gateway:
        yield gateway


def ask(gateway: Gateway, headers: Mapping[str, str], body: object = BODY) -> httpx2.Response:
    port = httpx2.URL(gateway.url).port
    sent = {name: value.format(port=port) for name, value in headers.items()}
    data = json.dumps(body)
    with httpx2.Client(headers={"content-type": _JSON}) as client:
        request = client.build_request("POST", f"{gateway.url}/chat/completions", content=data)
        for name, value in sent.items():
            request.headers[name] = value
        return client.send(request)


OWN = [
    {"host": "localhost"},
    {"host": "LocalHost.:{port}"},
    {"host": "127.0.0.1:1"},
    {"host": "127.8.8.8"},
    {"host": "[::1]:{port}"},
    {"host": "[::ffff:127.0.0.1]"},
    {"origin": "http://localhost:3000", "sec-fetch-site": "same-site"},
    {"origin": "https://[::1]:{port}", "sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
    {"referer": "http://127.0.0.1:{port}/docs"},
    {"content-type": "Application/JSON; charset=utf-8"},
]
FOREIGN = [
    {"host": "evil.example:{port}"},
    {"host": "localhost.evil.example"},
    {"host": "evil-localhost"},
    {"host": "localhost:8000@evil.example"},
    {"host": "evil.example#localhost"},
    {"host": "localhost:8000:80"},
    {"host": "localhost:port"},
    {"host": "127.0.0.1.evil.example"},
    {"host": ".".join("0000")},
    {"host": "192.168.1.5"},
    {"host": "[fe80::1]"},
    {"host": "[::"},
    {"host": ""},
    {"origin": "https://evil.example"},
    {"origin": "http://localhost.evil.example"},
    {"origin": "http://localhost@evil.example"},
    {"origin": "null"},
    {"origin": "file://"},
    {"origin": "http://["},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "Cross-Site"},
    {"sec-fetch-site": "something-new"},
    {"referer": "http://evil.example/page"},
    {"x-forwarded-for": "127.0.0.1"},
    {"forwarded": "for=127.0.0.1"},
    {"x-forwarded-host": "evil.example"},
    {"x-real-ip": "203.0.113.9"},
]


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_programs_and_pages_of_this_machine_are_answered(
    keyless: Gateway, headers: dict[str, str]
) -> None:
    assert ask(keyless, headers).status_code == 200


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_others_are_refused_before_spark_is_asked(
    keyless: Gateway, headers: dict[str, str]
) -> None:
    before = len(keyless.spark.handshakes)
    answer = ask(keyless, headers)
    assert (answer.status_code, code(answer)) == (403, "not_local")
    assert "--new-key" in answer.json()["error"]["message"]
    assert len(keyless.spark.handshakes) == before


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"]
)
def test_a_page_cannot_send_json_as_something_else(keyless: Gateway, content_type: str) -> None:
    answer = ask(keyless, {"content-type": content_type})
    assert (answer.status_code, code(answer)) == (415, "unsupported_media_type")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", ["/v1/models", "/metrics", "/docs", "/healthz"])
def test_what_has_no_body_is_checked_as_well(keyless: Gateway, method: str, path: str) -> None:
    url = keyless.url.removesuffix("/v1") + path
    foreign = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    refused = httpx2.request(method, url, headers=foreign)
    assert refused.status_code == 403
    assert not [name for name in refused.headers if name.startswith("access-control-")]
    assert httpx2.request(method, url).status_code != 403


@pytest.mark.parametrize("hosts", [[], ["localhost", "evil.example"]])
def test_one_host_is_needed(keyless: Gateway, hosts: list[str]) -> None:
    address = httpx2.URL(keyless.url)
    lines = "".join(f"host: {host}\r\n" for host in hosts)
    with socket.create_connection((address.host, address.port or 0), 5) as caller:
        caller.sendall(f"GET /v1/models HTTP/1.1\r\n{lines}\r\n".encode())
        assert caller.recv(4096).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("path", [_PATH + "/", "/v1/models/", "/healthz/"])
def test_no_redirect_is_built_from_the_host(keyless: Gateway, path: str) -> None:
    url = keyless.url.removesuffix("/v1")
    answer = httpx2.post(url + path, json=BODY, headers={"host": "localhost:1"})
    assert answer.status_code in (404, 405)
    assert "location" not in answer.headers


async def answered(settings: GatewaySettings, **scope: Any) -> int:
    """Ask an app as any server does, and return the status."""
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    request: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/v1/models",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "server": (_LAN, 8000),
        "client": ("127.0.0.1", 5000),
    }
    await create_app(settings)({**request, **scope}, receive, send)
    (status,) = statuses
    return status


_ASKED_ITSELF = [(b"host", f"{_LAN}:8000".encode())]


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ({}, 200),
        ({"client": None}, 200),
        ({"client": ("::1", 5000)}, 200),
        ({"client": ("::ffff:127.0.0.1", 5000)}, 200),
        ({"client": (_LAN, 5000)}, 200),
        ({"client": (_LAN, 5000), "headers": _ASKED_ITSELF}, 200),
        ({"client": ("192.0.2.8", 5000)}, 403),
        ({"client": ("192.0.2.8", 5000), "headers": _ASKED_ITSELF}, 403),
        ({"client": ("no address", 5000)}, 403),
        ({"server": None, "headers": _ASKED_ITSELF}, 403),
    ],
    ids=str,
)
async def test_an_app_keeps_the_rules_under_any_server(scope: dict[str, Any], status: int) -> None:
    assert await answered(load_settings(), **scope) == status


async def test_with_keys_or_without_spark_keys_of_its_own_it_serves_everybody() -> None:
    key, known = new_key()
    elsewhere = {"client": ("192.0.2.8", 5000)}
    headers = [(b"host", b"gateway.example"), (b"authorization", f"Bearer {key}".encode())]
    with_keys = load_settings(keys={"anna": known})
    assert await answered(with_keys, headers=headers, **elsewhere) == 200
    assert await answered(load_settings(own_credentials=False), **elsewhere) == 200
