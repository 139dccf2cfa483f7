"""Signed POST over httpx: its exceptions, its connections, its silence."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpcore
import httpx
import pytest
import trustme

from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.protocol.embedding import encode_embedding
from iflytek_spark.protocol.post import ConnectTimedOutError, Post, Reply
from iflytek_spark.protocol.signing import sign_url
from iflytek_spark.protocol.steps import (
    ConnectionFailedError,
    FrameTooLargeError,
    TransportError,
)
from iflytek_spark.transports.base import Route
from iflytek_spark.transports.http import AsyncHttpTransport, HttpTransport
from tests.contract.proxies import running_proxy
from tests.contract.sockets import no_new_threads

Send = Callable[..., Reply]


def send_sync(step: Post, **route: Any) -> Reply:
    with HttpTransport(Route(**route)) as transport:
        return transport.post(step)


def send_async(step: Post, **route: Any) -> Reply:
    async def send() -> Reply:
        async with AsyncHttpTransport(Route(**route)) as transport:
            return await transport.post(step)

    return asyncio.run(send())


both = pytest.mark.parametrize("send", [send_sync, send_async])


def request(spark: Emulator, timeout: float = 10.0, text: str = "一") -> Post:
    url = spark.base_url.replace("ws", "http", 1) + "/"
    body = encode_embedding(text, "document", spark.credentials.app_id, "u")
    return Post(sign_url(url, spark.credentials, time.time(), "POST"), body, timeout, timeout)


@both
def test_a_request_and_its_response(send: Send, emulator: Emulator) -> None:
    reply = send(request(emulator))
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert b'"code":0' in reply.body
    headers = emulator.handshakes[0].headers
    assert headers["content-type"] == "application/json"
    assert headers["accept-encoding"] == "identity"
    assert "user-agent" not in headers


def below(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for child in kind.__subclasses__():
        yield from below(child)


OF_HTTPX = sorted(
    {*below(httpx.TransportError), *below(httpx.StreamError), httpx.InvalidURL}, key=str
)
OF_HTTPCORE = [
    kind
    for kind in vars(httpcore).values()
    if isinstance(kind, type)
    and issubclass(kind, Exception)
    and kind is not httpcore.ConnectionNotAvailable  # between httpcore's pool and connections
]
OF_THE_SYSTEM = [OSError, ConnectionResetError, ssl.SSLError, ssl.SSLCertVerificationError]


SPEECHLESS = {
    httpx.StreamConsumed,
    httpx.StreamClosed,
    httpx.ResponseNotRead,
    httpx.RequestNotRead,
}


def made(kind: type[Exception]) -> Exception:
    return kind() if kind in SPEECHLESS else kind("boom")


@both
@pytest.mark.parametrize("kind", [*OF_HTTPX, *OF_HTTPCORE, *OF_THE_SYSTEM], ids=str)
def test_every_exception_has_its_place(
    send: Send, kind: type[Exception], monkeypatch: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    def fail(*arguments: object) -> None:
        raise made(kind)

    async def afail(*arguments: object) -> None:
        raise made(kind)

    if kind in OF_HTTPCORE:
        monkeypatch.setattr(httpcore.ConnectionPool, "handle_request", fail)
        monkeypatch.setattr(httpcore.AsyncConnectionPool, "handle_async_request", afail)
    else:
        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", fail)
        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", afail)
    with pytest.raises((TimeoutError, TransportError)) as caught:
        send(request(emulator))
    assert isinstance(caught.value, TimeoutError) is ("Timeout" in kind.__name__)
    assert isinstance(caught.value, ConnectTimedOutError) is (kind.__name__ == "ConnectTimeout")
    cause = caught.value.__cause__
    assert isinstance(cause, kind) or isinstance(cause and cause.__cause__, kind)


@both
def test_a_response_that_is_too_large(
    send: Send, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iflytek_spark.transports.http.MAX_FRAME_BYTES", 1000)
    with pytest.raises(FrameTooLargeError, match="more than 1000 bytes"):
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
    emulator.script(faults.Silence())
    with HttpTransport(Route()) as transport:
        with pytest.raises(TimeoutError):
            transport.post(request(emulator, timeout=0.05))
        assert transport.post(request(emulator)).status == 200


def test_abort_wakes_a_thread_that_waits_for_an_answer(emulator: Emulator) -> None:
    emulator.script(faults.Silence())
    with HttpTransport(Route()) as transport, concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(transport.post, request(emulator))
        assert emulator.wait_for_requests(1)
        transport.abort()
        with pytest.raises(concurrent.futures.CancelledError):
            future.result(1)


def test_abort_wakes_a_thread_that_sleeps() -> None:
    with HttpTransport(Route()) as transport, concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(transport.sleep, 1000)
        transport.abort()
        with pytest.raises(concurrent.futures.CancelledError):
            future.result(1)


def test_after_abort_nothing_is_sent(emulator: Emulator) -> None:
    with HttpTransport(Route()) as transport:
        transport.abort()
        with pytest.raises(concurrent.futures.CancelledError):
            transport.post(request(emulator))
    assert not emulator.handshakes


def test_abort_while_the_connection_is_being_opened(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket that comes out of it is closed before anything is sent."""
    transport = HttpTransport(Route())
    connect = httpcore.SyncBackend.connect_tcp

    def slow_connect(*arguments: Any, **options: Any) -> Any:
        stream = connect(*arguments, **options)
        transport.abort()
        return stream

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", slow_connect)
    with transport, pytest.raises(concurrent.futures.CancelledError):
        transport.post(request(emulator))
    assert not emulator.requests


def test_the_connection_is_kept_between_requests(emulator: Emulator) -> None:
    with HttpTransport(Route()) as transport:
        for _ in range(3):
            transport.post(request(emulator))
            assert emulator.open_connections == 1
    assert emulator.wait_until_idle(0.2)


@both
def test_httpx_writes_no_address_to_the_log(
    send: Send, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send(request(emulator))
    assert "connect_tcp" in caplog.text
    assert "authorization" not in caplog.text
    assert [record for record in caplog.records if record.name == "httpx"] == []


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def serving(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Emulator]:
    with running_emulator(ssl_context=serving(authority, "127.0.0.1")) as spark:
        yield spark


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@both
def test_a_ca_of_ones_own_is_trusted(
    send: Send, secure: Emulator, trusting: ssl.SSLContext
) -> None:
    assert send(request(secure), ssl_context=trusting).status == 200


@both
def test_an_unknown_ca_is_refused(send: Send, secure: Emulator) -> None:
    with pytest.raises(ConnectionFailedError, match="CERTIFICATE_VERIFY_FAILED"):
        send(request(secure))
    assert not secure.handshakes


@both
def test_a_certificate_for_another_host_is_refused(
    send: Send, authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    with (
        running_emulator(ssl_context=serving(authority, "spark.example.com")) as spark,
        pytest.raises(ConnectionFailedError, match=r"127\.0\.0\.1"),
    ):
        send(request(spark), ssl_context=trusting)


@both
def test_a_context_that_trusts_everybody_is_refused(send: Send, secure: Emulator) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.raises(ConfigurationError, match="does not verify"):
        send(request(secure), ssl_context=context)


@both
def test_a_deadline_holds_over_tls(send: Send, secure: Emulator, trusting: ssl.SSLContext) -> None:
    secure.script(faults.Silence())
    with pytest.raises(TimeoutError):
        send(request(secure, timeout=0.2), ssl_context=trusting)
    assert secure.wait_until_idle(0.2)


@both
def test_a_proxy_sees_neither_request_nor_answer(
    send: Send, secure: Emulator, trusting: ssl.SSLContext
) -> None:
    address = secure.base_url.removeprefix("wss://")
    with running_proxy(address) as proxy:
        assert send(request(secure), ssl_context=trusting, proxy=proxy.url).status == 200
        assert proxy.asked[0].startswith(f"CONNECT {address} HTTP/1.1\r\n")
        assert "authorization" not in proxy.asked[0]


@both
def test_a_proxy_that_refuses(send: Send, secure: Emulator, trusting: ssl.SSLContext) -> None:
    with (
        running_proxy(secure.base_url.removeprefix("wss://"), "407 No") as proxy,
        pytest.raises(ConnectionFailedError, match="407"),
    ):
        send(request(secure), ssl_context=trusting, proxy=proxy.url)


@both
def test_the_environments_proxy_is_not_for_this_machine(
    send: Send, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert send(request(emulator)).status == 200


def test_the_watchdog_of_a_request_is_gone_with_it(emulator: Emulator) -> None:
    before = threading.active_count()
    with HttpTransport(Route()) as transport:
        transport.post(request(emulator))
        assert threading.active_count() == before
