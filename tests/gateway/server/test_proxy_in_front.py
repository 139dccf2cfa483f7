"""The sample for nginx in docs/security.md, run by a real nginx before a gateway with keys."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import trustme

from iflytek_spark.gateway.middleware.auth import new_key
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import BODY, bearer
from tests.gateway.server.raw_callers import PATIENCE

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")

_SECURITY = Path(__file__).parents[3] / "docs" / "security.md"
_KEY, _KNOWN = new_key()
_CONNECTIONS = 50


def _sample(folder: Path, gateway: str, port: int) -> str:
    """The sample, led to this gateway, in a configuration that is a user's own."""
    match = re.search(r"```nginx\n(.*?)```", _SECURITY.read_text(encoding="utf-8"), re.DOTALL)
    assert match
    sample = match[1]
    for written, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/spark", f"{folder}/spark"),
        ("http://127.0.0.1:8000", gateway),
    ):
        assert written in sample
        sample = sample.replace(written, here)
    own = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    head = f"daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
    return f"{head}http {{\naccess_log off;\n{own}{sample}}}\n"


@pytest.fixture
def proxy(running_gateway: RunningGateway, tmp_path: Path) -> Iterator[httpx2.Client]:
    """A client of nginx, which stands before a gateway."""
    authority = trustme.CA()
    own = authority.issue_cert("spark.example.com", "127.0.0.1")
    own.cert_chain_pems[0].write_to_path(str(tmp_path / "spark.pem"))
    own.private_key_pem.write_to_path(str(tmp_path / "spark.key"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    written = tmp_path / "nginx.conf"
    written.write_text(_sample(tmp_path, running_gateway(keys={"ada": _KNOWN}), port))
    command = ["nginx", "-p", str(tmp_path), "-e", str(tmp_path / "error.log"), "-c", str(written)]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with subprocess.Popen(command) as nginx:
        try:
            _wait_until_open(port)
            with httpx2.Client(base_url=f"https://127.0.0.1:{port}", verify=context) as client:
                yield client
        finally:
            nginx.terminate()


def _wait_until_open(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
        else:
            return


def test_answers_pass_whole_and_streamed(proxy: httpx2.Client) -> None:
    known = bearer(_KEY)
    assert proxy.post("/v1/chat/completions", json=BODY, headers=known).status_code == 200
    streamed = proxy.post("/v1/chat/completions", json={**BODY, "stream": True}, headers=known)
    assert streamed.text.endswith("data: [DONE]\n\n")
    assert proxy.post("/v1/chat/completions", json=BODY).status_code == 401


def test_what_is_inside_stays_inside(proxy: httpx2.Client) -> None:
    assert [proxy.get(path).status_code for path in ("/metrics", "/docs", "/healthz")] == [404] * 3


def test_an_address_has_its_rate(proxy: httpx2.Client) -> None:
    statuses = {proxy.get("/v1/models").status_code for _ in range(3 * _CONNECTIONS)}
    assert statuses == {401, 503}


def test_a_large_body_does_not_reach_the_gateway(proxy: httpx2.Client) -> None:
    assert proxy.post("/v1/chat/completions", content=b"0" * 17_000_000).status_code == 413
