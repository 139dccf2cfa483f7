"""The way of a signed POST: TLS and proxies."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest
import trustme

from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.protocol.steps import (
    ConnectionFailedError,
)
from tests.contract.proxies import running_proxy
from tests.unit.transports.post_helpers import Send, both, request


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
    assert send(request(secure), ssl_context=trusting)


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
        assert send(request(secure), ssl_context=trusting, proxy=proxy.url)
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
    assert send(request(emulator))
