"""What becomes of requests when the gateway is stopped; the signals are in test_signals."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx2
import pytest

from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.settings import load_settings
from tests.gateway.http_helpers import BODY, ask, code, streaming
from tests.gateway.server.server_helpers import Stoppable, running_until_stopped

RunStoppable: TypeAlias = Callable[[float], AbstractContextManager[Stoppable]]

_HOURS = 10_000.0


@pytest.fixture
def run(emulator: Emulator, spark_keys: None) -> RunStoppable:
    """Runs a gateway whose requests have so many seconds to finish."""
    return lambda seconds: running_until_stopped(
        create_app(load_settings(base_url=emulator.base_url, shutdown_timeout=seconds))
    )


def _check_refused(response: httpx2.Response) -> None:
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert code(response) == "gateway_stopping"


def test_a_running_answer_finishes_and_others_are_refused(
    run: RunStoppable, emulator: Emulator
) -> None:
    emulator.script(faults.Slow(0.1))
    with run(_HOURS) as gateway, httpx2.Client(base_url=gateway.url) as kept:
        assert kept.get("/v1/models").status_code == 200
        with streaming(gateway.url) as lines:
            gateway.stop()
            _check_refused(kept.post("/v1/chat/completions", json=BODY))
            _check_refused(ask(gateway.url))
            ready = httpx2.get(f"{gateway.url}/readyz")
            assert (ready.status_code, ready.json()["because"]) == (
                503,
                ["the gateway is being stopped"],
            )
            assert httpx2.get(f"{gateway.url}/healthz").status_code == 200
            assert [line for line in lines if line][-1] == "data: [DONE]"


def test_with_nothing_under_way_it_ends_at_once(run: RunStoppable) -> None:
    with run(_HOURS) as gateway, httpx2.Client(base_url=gateway.url) as kept:
        assert kept.get("/v1/models").status_code == 200
        gateway.stop()


@pytest.mark.parametrize(("seconds", "stops"), [(0.3, 1), (_HOURS, 2)])
def test_a_streamed_answer_that_is_cut(
    run: RunStoppable, emulator: Emulator, seconds: float, stops: int
) -> None:
    emulator.script(faults.Silence(after=3))
    with run(seconds) as gateway, streaming(gateway.url) as lines:
        for _ in range(stops):
            gateway.stop()
        last = [line for line in lines if line][-1]
        assert json.loads(last.removeprefix("data: "))["error"]["code"] == "gateway_stopping"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("responses", {"input": "你好"}),
        ("messages", {"max_tokens": 99, "messages": BODY["messages"]}),
        ("completions", {"prompt": "你好"}),
    ],
)
def test_a_streamed_answer_of_another_form_that_is_cut(
    run: RunStoppable, emulator: Emulator, path: str, body: dict[str, Any]
) -> None:
    emulator.script(faults.Silence(after=3))
    body = {**body, "model": "lite", "stream": True}
    with (
        run(0.3) as gateway,
        httpx2.stream("POST", f"{gateway.url}/v1/{path}", json=body) as response,
    ):
        lines = response.iter_lines()
        next(lines)
        gateway.stop()
        last = json.loads([line for line in lines if line][-1].removeprefix("data: "))
    assert last["error"]["code"] == "gateway_stopping"
    assert last.get("type") == (None if path == "completions" else "error")


def test_a_whole_answer_that_is_cut(run: RunStoppable, emulator: Emulator) -> None:
    emulator.script(faults.Silence())
    with run(0.3) as gateway, ThreadPoolExecutor() as background:
        answer = background.submit(ask, gateway.url)
        assert emulator.wait_for_requests(1)
        gateway.stop()
        _check_refused(answer.result())


def test_a_request_that_is_not_sent_whole(run: RunStoppable) -> None:
    with run(0.0) as gateway:
        address = urlsplit(gateway.url)
        with socket.create_connection((address.hostname, address.port), timeout=5) as caller:
            caller.sendall(
                b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
                b"content-type: application/json\r\ncontent-length: 9\r\n\r\n{"
            )
            metrics = f"{gateway.url}/metrics"
            while "spark_gateway_requests_in_flight 1.0" not in httpx2.get(metrics).text:
                pass
            gateway.stop()
            assert caller.recv(4096).startswith(b"HTTP/1.1 503 ")


def test_a_caller_that_does_not_read_is_not_waited_for(
    run: RunStoppable, emulator: Emulator
) -> None:
    with run(0.0) as gateway:
        address = urlsplit(gateway.url)
        question = {"role": "user", "content": "很长" * 2000}
        body = json.dumps({"model": "lite", "stream": True, "messages": [question]}).encode()
        head = (
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
            b"content-type: application/json\r\ncontent-length: %d\r\n\r\n"
        )
        with socket.socket() as caller:
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            caller.connect((address.hostname, address.port))
            caller.sendall(head % len(body) + body)
            assert emulator.wait_for_requests(1)
            assert caller.recv(1)
            gateway.stop()
            gateway.wait()
