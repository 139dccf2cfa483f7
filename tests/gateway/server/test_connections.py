"""What a connection may take: size, time and room."""

from __future__ import annotations

import json
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, TypeAlias

import httpx2
import pytest

from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.settings import load_settings
from tests._support.service import lead_to
from tests.gateway.http_helpers import ask, streaming, wait_until_let_in
from tests.gateway.server.conftest import StartGateway
from tests.gateway.server.raw_callers import (
    PATIENCE,
    connected,
    question,
    read_all,
    send_until_closed,
)
from tests.gateway.server.server_helpers import running_until_stopped

Run: TypeAlias = Callable[..., AbstractContextManager[str]]

_LINE = b"GET /v1/models HTTP/1.1\r\nhost: localhost\r\n"
_CHUNKED = b"POST /v1/models HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
_LONG = "很长" * 4_000
_CHAT = _CHUNKED.replace(b"models", b"chat/completions").replace(
    b"\r\n\r\n", b"\r\ncontent-type: application/json\r\n\r\n"
)
_ENDLESS = {
    "address": (b"GET /", b"z"),
    "name": (_LINE, b"z"),
    "value": (_LINE + b"x: ", b"z"),
    "headers": (_LINE, b"x: z\r\n"),
    "trailers": (_CHAT + b"2\r\n{}\r\n0\r\n", b"x: z\r\n"),
    "one trailer": (_CHAT + b"2\r\n{}\r\n0\r\nx: ", b"z"),
    "extension": (_CHAT + b"2;x=", b"z"),
    "trailers of what is answered": (_CHUNKED + b"0\r\n", b"x: z\r\n"),
    "the second head": (_LINE + b"\r\n" + _LINE, b"x: z\r\n"),
}


@pytest.fixture
def spark(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A local Spark that answers at length."""
    with running_emulator(respond=lambda request: _LONG, chunk_size=1) as spark:
        lead_to(spark, monkeypatch)
        yield spark


@pytest.fixture(params=["uvloop", "asyncio"])
def run(request: pytest.FixtureRequest, spark: Emulator) -> Run:
    """Runs a gateway's own server: ``with run(max_connections=4) as url``."""

    @contextmanager
    def running(**settings: Any) -> Iterator[str]:
        room = {"shutdown_timeout": 0.0, "max_connections_per_address": 1000}
        app = create_app(load_settings(**room | settings))
        with running_until_stopped(app, request.param) as server:
            yield server.url
            server.stop()

    return running


@pytest.mark.sampled(12)
@pytest.mark.parametrize("beginning", _ENDLESS)
@pytest.mark.parametrize("size", [1, 100_000])
def test_a_head_without_end_is_refused(run: Run, beginning: str, size: int) -> None:
    begun, more = _ENDLESS[beginning]
    with run() as url, connected(url) as caller:
        caller.sendall(begun + more)
        send_until_closed(caller, more * (size // len(more) or 1), 40_000 if size == 1 else 10**7)
        answer = read_all(caller)
        if answer.status not in (200, 415):  # which was sent before
            assert answer.status == 431
            assert answer.error["code"] == "head_too_large"
            assert "32768" in answer.error["message"]
        assert httpx2.get(f"{url}/healthz").status_code == 200


@pytest.mark.parametrize(("size", "status"), [(31_000, 404), (34_000, 431)])
@pytest.mark.parametrize("where", ["address", "header"])
def test_a_head_has_32_kilobytes(run: Run, size: int, status: int, where: str) -> None:
    filling = b"z" * size
    head = b"GET /%b HTTP/1.1\r\nhost: localhost\r\n" % (filling if where == "address" else b"z")
    head += b"connection: close\r\nx: %b\r\n\r\n" % (filling if where == "header" else b"z")
    with run() as url, connected(url) as caller:
        caller.sendall(head)
        assert read_all(caller).status == status


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET",
        _LINE,
        _CHAT + b"2\r\n{}\r\n0\r\nx: z",
        _CHAT + b"2",
        _LINE + b"\r\n" + _LINE,
    ],
)
def test_a_head_has_its_time(run: Run, begun: bytes) -> None:
    started = time.monotonic()
    with run(head_timeout=0.3, body_timeout=0.8) as url, connected(url) as caller:
        caller.sendall(begun)
        answer = read_all(caller)
    assert time.monotonic() - started < PATIENCE / 2
    assert b"408 Request Timeout" in answer.head + answer.body


def test_a_head_that_trickles_has_no_longer(run: Run) -> None:
    with run(head_timeout=0.5) as url, connected(url) as caller:
        caller.settimeout(0.05)
        sent = answer = b""
        while not answer and len(sent) < 100:
            caller.sendall(b"G")
            sent += b"G"
            try:
                answer = caller.recv(4096)
            except TimeoutError:
                continue
        assert answer.startswith((b"HTTP/1.1 408 ", b"HTTP/1.1 400 "))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (b"/v1/messages", "invalid_request_error"),
        (b"/v1/messages/count_tokens?beta=true", "invalid_request_error"),
        (b"/v1/messagesx", None),
        (b"/v1/chat/completions?of=/v1/messages", None),
    ],
)
def test_a_refused_head_is_answered_in_the_form_of_its_route(
    run: Run, path: bytes, kind: str | None
) -> None:
    with run(head_timeout=0.3) as url:
        for rest, status in ((b"x: z", 408), (b"x: %b\r\n" % (b"z" * 34_000), 431)):
            with connected(url) as caller:
                caller.sendall(b"POST %b HTTP/1.1\r\nhost: localhost\r\n%b" % (path, rest))
                answer = read_all(caller)
            body = json.loads(answer.body)
            assert answer.status == status
            assert (body.get("type"), "request_id" in body) == (kind and "error", bool(kind))
            assert body["error"]["type"] == "invalid_request_error"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_callers_that_send_no_http_do_not_fill_the_log(start: StartGateway) -> None:
    with start() as gateway:
        for _ in range(20):
            with connected(gateway.url) as caller:
                caller.sendall(b"\x16\x03\x01\r\n\r\n")
                assert read_all(caller).status == 400
        status, lines = gateway.stop(signal.SIGTERM)
    assert status == 0
    assert len(lines) <= 1, "at most that connections were refused, and how many"


def test_what_is_not_http_is_told_so(run: Run) -> None:
    with run() as url, connected(url) as caller:
        caller.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
        answer = read_all(caller)
    assert (answer.status, answer.error["code"]) == (400, "not_http")


def test_new_idle_connections_make_room(run: Run) -> None:
    with run(max_connections=8) as url, ExitStack() as stack:
        waiting = [stack.enter_context(connected(url)) for _ in range(40)]
        for caller in waiting[-6:]:
            caller.sendall(_LINE)
        assert ask(url).status_code == 200
        first = read_all(waiting[0])
        assert (first.status, first.error["code"]) == (503, "too_many_connections")
        assert b"retry-after: 1" in first.head


def test_a_connection_that_is_kept_outlives_new_ones(run: Run) -> None:
    with run(max_connections=4) as url, httpx2.Client() as kept, ExitStack() as stack:
        assert kept.get(f"{url}/v1/models").status_code == 200
        for _ in range(20):
            stack.enter_context(connected(url))
        with connected(url) as caller:
            caller.sendall(_LINE + b"connection: close\r\n\r\n")
            assert read_all(caller).status == 200
        assert kept.get(f"{url}/v1/models").status_code == 200


def test_when_all_are_busy_it_says_so(run: Run, spark: Emulator) -> None:
    spark.script(faults.Silence(after=2), faults.Silence(after=2))
    with run(max_connections=2) as url, streaming(url), streaming(url):
        with connected(url) as caller:
            answer = read_all(caller)
        assert (answer.status, answer.error["code"]) == (503, "too_many_connections")
        assert "2 connections at once" in answer.error["message"]


def test_an_address_leaves_room_for_others(run: Run, spark: Emulator) -> None:
    spark.script(faults.Silence(after=2), faults.Silence(after=2))
    with (
        run(max_connections=10, max_connections_per_address=2) as url,
        streaming(url),
        streaming(url),
    ):
        with connected(url) as caller:
            assert "from one address" in read_all(caller).error["message"]
        with connected(url, "127.0.0.2") as other:
            other.sendall(_LINE + b"connection: close\r\n\r\n")
            assert read_all(other).status == 200


def _unread(url: str, stack: ExitStack) -> socket.socket:
    """A caller that asks for a long stream and reads nothing."""
    caller = stack.enter_context(connected(url, buffer=4096))
    caller.sendall(question(stream=True, max_tokens=8192))
    return caller


def test_a_reader_that_stops_gives_back_what_it_holds(run: Run, spark: Emulator) -> None:
    with run(concurrent_requests=2, write_timeout=1.0) as url, ExitStack() as stack:
        for _ in range(2):
            _unread(url, stack)
        assert spark.wait_for_requests(2)
        assert spark.wait_until_idle(PATIENCE)
        assert wait_until_let_in(url).status_code == 200


def test_a_reader_that_stops_makes_room_after_a_while(run: Run, spark: Emulator) -> None:
    with run(max_connections=2) as url, ExitStack() as stack:
        for _ in range(2):
            _unread(url, stack)
        assert spark.wait_for_requests(2)
        deadline = time.monotonic() + 2 * PATIENCE
        while _status(url) != 200:
            assert time.monotonic() < deadline


def _status(url: str) -> int:
    with connected(url) as caller:
        caller.sendall(_LINE + b"connection: close\r\n\r\n")
        return read_all(caller).status


def test_a_slow_reader_gets_all(run: Run) -> None:
    with run(write_timeout=1.0) as url, ExitStack() as stack:
        caller = _unread(url, stack)
        seen, begun = b"", time.monotonic()
        while not seen.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n"):
            # As fast as it takes for the whole to last longer than the time-out.
            time.sleep(max(0.0, begun + len(seen) / 400_000 - time.monotonic()))
            part = caller.recv(16_384)
            assert part, len(seen)
            seen += part
        assert time.monotonic() - begun > 2


def test_many_requests_sent_at_once_are_answered_or_dropped(run: Run) -> None:
    with run() as url, connected(url) as caller:
        caller.sendall((_LINE + b"\r\n") * 10 + _LINE + b"connection: close\r\n\r\n")
        raw = read_all(caller)
        assert (raw.head + raw.body).count(b"HTTP/1.1 200 OK") == 11
        with connected(url) as other:
            other.sendall((_LINE + b"\r\n") * 2000)
            read_all(other)
        assert ask(url).status_code == 200
