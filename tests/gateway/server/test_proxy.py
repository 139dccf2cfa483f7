"""The sample of a proxy: what it lets through, and what is not for callers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx2
import pytest

from iflytek_spark.emulator import Emulator
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.gateway.settings import load_settings
from tests.gateway.http_helpers import ask, bearer, streaming
from tests.gateway.serving import serving

CADDYFILE = Path(__file__).parents[3] / "deploy" / "Caddyfile"
CADDY = shutil.which("caddy")
HIDDEN = ["/metrics", "/readyz", "/docs", "/openapi.json", "/operator/keys", "/operator/usage"]
DISGUISED = [
    "/%6detrics",
    "//metrics",
    "/v1/../metrics",
    "/v1/%2e%2e/metrics",
    "/page/..%2fmetrics",
    "/METRICS",
    "/metrics/",
    "/metrics?v1/",
    "/./operator/keys",
    "/v1/..;/metrics",
    "/page/..\\metrics",
]
STARTED = "serving initial configuration"


class Proxied(NamedTuple):
    """A gateway behind the proxy.

    Attributes:
        url: the proxy's address.
        own: the gateway's.
        key: of a caller.
    """

    url: str
    own: str
    key: str


@pytest.fixture
def proxied(emulator: Emulator, spark_keys: None, tmp_path: Path) -> Iterator[Proxied]:
    if CADDY is None:
        pytest.skip("caddy is not installed")
    key, known = new_key()
    settings = load_settings(
        keys={"anna": known}, operator_keys={"boss": known}, base_url=emulator.base_url
    )
    with serving(create_app(settings)) as own, caddy_before(own, tmp_path) as url:
        yield Proxied(url, own, key)


@contextmanager
def caddy_before(own: str, folder: Path) -> Iterator[str]:
    """Run the sample without its certificate, on a free port."""
    url = f"http://127.0.0.1:{_free_port()}"
    environ = os.environ | {
        "GATEWAY_DOMAIN": url,
        "GATEWAY_UPSTREAM": urlsplit(own).netloc,
        "CADDY_ADMIN": f"unix/{folder}/admin.sock",
        "HOME": str(folder),
    }
    command = [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(CADDYFILE)]
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as caddy:
        try:
            assert caddy.stderr
            assert any(STARTED in line for line in caddy.stderr), "caddy did not start"
            yield url
        finally:
            caddy.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def raw_get(url: str, path: str, key: str) -> bytes:
    """Ask for a path as it is written: a client would put it right before it is sent."""
    parts = urlsplit(url)
    head = f"GET {path} HTTP/1.1\r\nhost: {parts.netloc}\r\nauthorization: Bearer {key}\r\n"
    with closing(socket.create_connection((parts.hostname or "", parts.port or 0), 10)) as caller:
        caller.sendall(f"{head}connection: close\r\n\r\n".encode())
        answer = b""
        with suppress(ConnectionResetError):
            while part := caller.recv(65536):
                answer += part
    return answer


def test_callers_get_the_api_and_the_page(proxied: Proxied) -> None:
    assert ask(proxied.url, proxied.key).status_code == 200
    assert ask(proxied.url, "wrong").status_code == 401
    with streaming(proxied.url, proxied.key) as lines:
        assert [line for line in lines if line][-1] == "data: [DONE]"
    for path in ("/", "/page/main.js", "/healthz", "/v1/models"):
        assert httpx2.get(proxied.url + path, headers=bearer(proxied.key)).status_code == 200


@pytest.mark.parametrize("path", HIDDEN)
def test_the_operators_pages_are_not_there(proxied: Proxied, path: str) -> None:
    headers = bearer(proxied.key)
    assert httpx2.get(proxied.own + path, headers=headers).status_code in (200, 404)
    hidden = httpx2.get(proxied.url + path, headers=headers)
    assert (hidden.status_code, hidden.content) == (404, b"")


def test_nor_are_they_in_another_spelling(proxied: Proxied) -> None:
    for path in (*HIDDEN, *DISGUISED):
        answer = raw_get(proxied.url, path, proxied.key)
        assert b" 200 " not in answer.partition(b"\r\n")[0], path
        assert b"spark_gateway_" not in answer, path
        assert b'"object":"list"' not in answer, path
