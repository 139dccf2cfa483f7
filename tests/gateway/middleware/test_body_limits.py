from __future__ import annotations

import json
import logging
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import pytest

from iflytek_spark.emulator import Emulator
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.settings import load_settings
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import BODY, code
from tests.gateway.serving import serving

PATH = "/v1/chat/completions"
JSON = {"content-type": "application/json"}
LARGE = json.dumps({**BODY, "user": "x" * 4000}).encode()
HEAD = f"POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
BEGUN = f"{HEAD}content-length: 500\r\n\r\n{{".encode()


def in_pieces(body: bytes) -> Iterator[bytes]:
    yield from (body[i : i + 500] for i in range(0, len(body), 500))


@pytest.mark.parametrize("body", [LARGE, in_pieces(LARGE)], ids=["declared", "chunked"])
def test_a_request_that_is_too_large_is_refused(
    running_gateway: RunningGateway, emulator: Emulator, body: bytes | Iterator[bytes]
) -> None:
    with httpx2.Client(base_url=running_gateway(max_body_bytes=2048)) as client:
        response = client.post(PATH, content=body, headers=JSON)
        assert (response.status_code, code(response)) == (413, "request_too_large")
        assert "2048" in response.json()["error"]["message"]
        assert not emulator.requests
        assert client.post(PATH, json=BODY).status_code == 200


@pytest.mark.parametrize("declared", [True, False])
def test_the_largest_request_is_answered(running_gateway: RunningGateway, declared: bool) -> None:
    url = running_gateway(max_body_bytes=len(LARGE))
    body = LARGE if declared else in_pieces(LARGE)
    assert httpx2.post(url + PATH, content=body, headers=JSON).status_code == 200


def test_a_large_request_need_not_be_sent_to_be_refused(running_gateway: RunningGateway) -> None:
    url = httpx2.URL(running_gateway(max_body_bytes=2048))
    head = f"{HEAD}expect: 100-continue\r\ncontent-length: 9999\r\n\r\n"
    with socket.create_connection((url.host, url.port or 0), 5) as caller:
        caller.sendall(head.encode())
        assert caller.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_does_not_come_ends_the_connection(running_gateway: RunningGateway) -> None:
    url = httpx2.URL(running_gateway(body_timeout=0.2))
    with socket.create_connection((url.host, url.port or 0), 5) as caller:
        caller.sendall(BEGUN)
        answer = b"".join(iter(lambda: caller.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 408 ")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\nconnection: close" in head
    assert json.loads(body)["error"]["code"] == "request_timeout"


HALF = (
    f"POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    "content-length: 900000\r\n\r\n"
).encode()


def test_half_sent_bodies_take_so_much_memory_together_and_no_more(
    running_gateway: RunningGateway,
) -> None:
    """The one that is too much is told at once; short requests go on, and the memory comes back."""
    url = httpx2.URL(running_gateway(max_bodies_bytes=1_000_000))
    with ExitStack() as stack:
        callers = [
            stack.enter_context(socket.create_connection((url.host, url.port or 0), 5))
            for _ in range(2)
        ]
        for caller in callers:
            caller.sendall(HALF + b"{" * 800_000)
        answered, _, _ = select.select(callers, [], [], 5)
        assert len(answered) == 1
        answer = answered[0].recv(65536)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1" in answer
        assert b"1000000 bytes together" in answer
        assert httpx2.post(f"{url}{PATH}", json=BODY).status_code == 200
    large = json.dumps({**BODY, "user": "x" * 900_000}).encode()
    deadline = time.monotonic() + 5
    while (response := httpx2.post(f"{url}{PATH}", content=large, headers=JSON)).status_code == 503:
        assert time.monotonic() < deadline, "the memory was not given back"
    assert response.status_code == 200


def test_a_caller_that_leaves_while_sending_is_no_failure(
    emulator: Emulator, spark_keys: None, caplog: pytest.LogCaptureFixture
) -> None:
    settings = load_settings(base_url=emulator.base_url)
    with serving(create_app(settings)) as base_url:
        url = httpx2.URL(base_url)
        with socket.create_connection((url.host, url.port or 0), 5) as caller:
            caller.sendall(BEGUN)
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []
