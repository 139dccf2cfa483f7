"""Certificates are verified, always; a CA of one's own is trusted."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from iflytek_spark.emulator import Emulator, running_emulator
from iflytek_spark.errors import APIConnectionError, ConfigurationError
from tests.contract.wires import Ask, every_wire


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def serve(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Emulator]:
    with running_emulator(ssl_context=serve(authority, "127.0.0.1")) as spark:
        yield spark


@pytest.fixture
def elsewhere(authority: trustme.CA) -> Iterator[Emulator]:
    """A service with a good certificate for another host."""
    with running_emulator(ssl_context=serve(authority, "spark.example.com")) as spark:
        yield spark


@pytest.fixture
def outdated(authority: trustme.CA) -> Iterator[Emulator]:
    """A service whose certificate was good until yesterday."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    authority.issue_cert("127.0.0.1", not_after=yesterday).configure_cert(context)
    with running_emulator(ssl_context=context) as spark:
        yield spark


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@every_wire
def test_a_ca_of_ones_own_is_trusted(ask: Ask, secure: Emulator, authority: trustme.CA) -> None:
    assert "苹果" in ask(secure, ssl_context=trusting(authority)).text


@every_wire
def test_an_unknown_ca_is_refused(ask: Ask, secure: Emulator) -> None:
    with pytest.raises(APIConnectionError) as caught:
        ask(secure, ssl_context=None)
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
    assert secure.handshakes == ()


@every_wire
def test_a_certificate_for_another_host_is_refused(
    ask: Ask, elsewhere: Emulator, authority: trustme.CA
) -> None:
    with pytest.raises(APIConnectionError, match=r"127\.0\.0\.1") as caught:
        ask(elsewhere, ssl_context=trusting(authority))
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
    assert elsewhere.handshakes == ()


@every_wire
def test_a_certificate_that_has_expired_is_refused(
    ask: Ask, outdated: Emulator, authority: trustme.CA
) -> None:
    with pytest.raises(APIConnectionError, match="expired") as caught:
        ask(outdated, ssl_context=trusting(authority))
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
    assert outdated.handshakes == ()


def without_verification() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def without_the_hosts_name() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    return context


def with_optional_verification() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


@every_wire
@pytest.mark.parametrize(
    "careless", [without_verification, without_the_hosts_name, with_optional_verification]
)
def test_a_careless_context_is_refused_before_anything_is_sent(
    ask: Ask, careless: Callable[[], ssl.SSLContext], secure: Emulator
) -> None:
    with pytest.raises(ConfigurationError, match="ssl_context"):
        ask(secure, ssl_context=careless())
    assert secure.handshakes == ()


@every_wire
def test_a_service_without_tls_is_an_error_of_the_connection(
    ask: Ask, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulator, "base_url", emulator.base_url.replace("ws:", "wss:"))
    with pytest.raises(APIConnectionError):
        ask(emulator, ssl_context=None)
    assert emulator.handshakes == ()
