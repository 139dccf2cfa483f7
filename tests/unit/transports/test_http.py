"""Signed POST over httpx2: its connections, its deadlines, its silence."""

from __future__ import annotations

import concurrent.futures
import logging
import threading
import time
from typing import Any

import httpcore2
import pytest

from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.protocol.steps import (
    MessageTooLargeError,
)
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.http_sync import HttpTransport
from tests.contract.sockets import no_new_threads
from tests.unit.transports.post_helpers import Send, both, post, request


@both
def test_a_request_and_its_response(send: Send, emulator: Emulator) -> None:
    assert b'"code":0' in (send(request(emulator)) or b"")
    headers = emulator.handshakes[0].headers
    assert headers["content-type"] == "application/json"
    assert headers["accept-encoding"] == "identity"
    assert "user-agent" not in headers


@both
def test_a_response_that_is_too_large(
    send: Send, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iflytek_spark.transports.http.MAX_MESSAGE_BYTES", 1000)
    with pytest.raises(MessageTooLargeError, match="more than 1000 bytes"):
        send(request(emulator))
    assert emulator.wait_until_idle(0.2)


@both
@pytest.mark.parametrize("size", [1, 40])
def test_the_deadline_holds_for_every_byte(send: Send, emulator: Emulator, size: int) -> None:
    """One byte at a time ends among the headers, forty in the body."""
    emulator.script(faults.Trickle(size, 0.005))
    started = time.monotonic()
    with no_new_threads(), pytest.raises(TimeoutError):
        send(request(emulator, timeout=0.3))
    assert time.monotonic() - started < 2
    assert emulator.wait_until_idle(0.2)


def test_a_transport_can_be_used_after_a_time_out(emulator: Emulator) -> None:
    emulator.script(None, faults.Silence())
    with HttpTransport(ConnectionOptions()) as transport:
        assert post(transport, request(emulator))  # so that the next time-out is not the loading's
        with pytest.raises(TimeoutError):
            post(transport, request(emulator, timeout=0.2))
        assert post(transport, request(emulator))


def test_abort_wakes_a_thread_that_waits_for_an_answer(emulator: Emulator) -> None:
    emulator.script(faults.Silence())
    with (
        HttpTransport(ConnectionOptions()) as transport,
        concurrent.futures.ThreadPoolExecutor(1) as pool,
    ):
        future = pool.submit(post, transport, request(emulator))
        assert emulator.wait_for_requests(1)
        transport.abort()
        with pytest.raises(concurrent.futures.CancelledError):
            future.result(1)


def test_abort_wakes_a_thread_that_sleeps() -> None:
    with (
        HttpTransport(ConnectionOptions()) as transport,
        concurrent.futures.ThreadPoolExecutor(1) as pool,
    ):
        future = pool.submit(transport.sleep, 1000)
        transport.abort()
        with pytest.raises(concurrent.futures.CancelledError):
            future.result(1)


def test_after_abort_nothing_is_sent(emulator: Emulator) -> None:
    with HttpTransport(ConnectionOptions()) as transport:
        transport.abort()
        with pytest.raises(concurrent.futures.CancelledError):
            post(transport, request(emulator))
    assert not emulator.handshakes


def test_abort_while_the_connection_is_being_opened(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket that comes out of it is closed before anything is sent."""
    transport = HttpTransport(ConnectionOptions())
    connect = httpcore2.SyncBackend.connect_tcp

    def slow_connect(*arguments: Any, **options: Any) -> Any:
        stream = connect(*arguments, **options)
        transport.abort()
        return stream

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", slow_connect)
    with transport, pytest.raises(concurrent.futures.CancelledError):
        post(transport, request(emulator))
    assert not emulator.requests


def test_the_connection_is_kept_between_requests(emulator: Emulator) -> None:
    with HttpTransport(ConnectionOptions()) as transport:
        for _ in range(3):
            post(transport, request(emulator))
            assert emulator.open_connections == 1
    assert emulator.wait_until_idle(0.2)


@both
def test_httpx2_writes_no_address_to_the_log(
    send: Send, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send(request(emulator))
    assert "connect_tcp" in caplog.text
    assert "authorization" not in caplog.text
    assert [record for record in caplog.records if record.name == "httpx2"] == []


def test_the_watchdog_of_a_request_is_gone_with_it(emulator: Emulator) -> None:
    before = threading.active_count()
    with HttpTransport(ConnectionOptions()) as transport:
        post(transport, request(emulator))
        assert threading.active_count() == before
