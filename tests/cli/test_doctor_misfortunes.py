"""The doctor names what is wrong, whatever it is: real sockets, one misfortune each."""

from __future__ import annotations

import contextlib
import datetime
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

import pytest
import trustme

from iflytek_spark.emulator import Emulator, Reply, SeenChat, faults, running_emulator
from tests.cli.doctor_helpers import examine, raw_server
from tests.contract.proxies import running_proxy

KEY, SECRET = "0123456789abcdef" * 2, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
MAAS = f"{KEY}:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
PORTAL = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<!DOCTYPE html><html>Log in</html>"
Misfortune: TypeAlias = Callable[[], AbstractContextManager[object]]


def set_to(**variables: str) -> Misfortune:
    """The emulator, and some variables that have other values."""

    @contextlib.contextmanager
    def misfortune() -> Iterator[None]:
        with running_emulator() as spark:
            os.environ.update(spark.environment)
            os.environ.update(variables)
            yield

    return misfortune


@contextlib.contextmanager
def swapped_strangers() -> Iterator[None]:
    """Key and secret exchanged, of a form that does not tell them apart."""
    with running_emulator() as spark:
        known = spark.credentials
        os.environ.update(spark.environment)
        os.environ.update(SPARK_API_KEY=known.api_secret, SPARK_API_SECRET=known.api_key)
        yield


def failing(code: int, name: str = "AppIdNoAuthError", model: str = "4.0Ultra") -> Misfortune:
    """One product answers with an error."""

    def respond(request: SeenChat) -> Reply | None:
        failed = request.spec.name == model
        return Reply("", fault=faults.ErrorFrame(code, name)) if failed else None

    @contextlib.contextmanager
    def misfortune() -> Iterator[None]:
        with running_emulator(respond=respond) as spark:
            os.environ.update(spark.environment)
            yield

    return misfortune


def skewed(seconds: float) -> Misfortune:
    @contextlib.contextmanager
    def misfortune() -> Iterator[None]:
        with running_emulator(clock=lambda: time.time() + seconds) as spark:
            os.environ.update(spark.environment)
            yield

    return misfortune


def proxied(answer: str, userinfo: str = "") -> Misfortune:
    @contextlib.contextmanager
    def misfortune() -> Iterator[None]:
        with running_emulator() as spark, running_proxy("127.0.0.1:1", answer) as proxy:
            os.environ.update(spark.environment)
            os.environ["SPARK_BASE_URL"] = "ws://spark.example.com"
            os.environ["http_proxy"] = proxy.url.replace("//", f"//{userinfo}")
            yield

    return misfortune


def certified(kind: str, name: str = "127.0.0.1") -> Misfortune:
    """A service with a certificate that cannot be trusted, or with one of a CA that is named."""

    @contextlib.contextmanager
    def misfortune() -> Iterator[None]:
        authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        day = datetime.timedelta(days=1)
        now = datetime.datetime.now(datetime.UTC)
        if kind == "self-signed":
            Path("own.pem").write_bytes(
                authority.private_key_pem.bytes() + authority.cert_pem.bytes()
            )
            context.load_cert_chain("own.pem")
        else:
            end = now - day if kind == "expired" else now + day
            leaf = authority.issue_cert(name, not_before=now - 9 * day, not_after=end)
            leaf.configure_cert(context)
            Path("ca.pem").write_bytes(authority.cert_pem.bytes())
        if kind in ("expired", "named"):
            os.environ["SSL_CERT_FILE"] = "ca.pem"
        with running_emulator(ssl_context=context) as spark:
            os.environ.update(spark.environment)
            yield

    return misfortune


def answering(response: bytes | None) -> Misfortune:
    @contextlib.contextmanager
    def misfortune() -> Iterator[None]:
        with running_emulator() as spark, raw_server(response) as url:
            os.environ.update(spark.environment)
            os.environ["SPARK_BASE_URL"] = url
            yield

    return misfortune


@contextlib.contextmanager
def closed_port() -> Iterator[None]:
    with running_emulator() as spark, socket.create_server(("127.0.0.1", 0)) as server:
        os.environ.update(spark.environment)
        os.environ["SPARK_BASE_URL"] = f"ws://127.0.0.1:{server.getsockname()[1]}"
        server.close()
        yield


@contextlib.contextmanager
def unknown_host() -> Iterator[None]:
    def look_up(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with running_emulator() as spark, pytest.MonkeyPatch.context() as patch:
        os.environ.update(spark.environment)
        os.environ["SPARK_BASE_URL"] = "wss://spark.invalid"
        patch.setattr(socket, "getaddrinfo", look_up)
        yield


@contextlib.contextmanager
def half_and_half() -> Iterator[None]:
    os.environ.update(SPARK_APP_ID="app", SPARK_API_KEY=KEY, SPARKAI_API_SECRET=SECRET)
    yield


def spaced(before: str, after: str) -> Misfortune:
    @contextlib.contextmanager
    def misfortune() -> Iterator[None]:
        with running_emulator() as spark:
            os.environ.update(spark.environment)
            os.environ["SPARK_API_KEY"] = f"{before}{spark.credentials.api_key}{after}"
            yield

    return misfortune


@contextlib.contextmanager
def whole_address() -> Iterator[None]:
    with running_emulator() as spark:
        os.environ.update(spark.environment)
        os.environ["SPARK_BASE_URL"] = f"{spark.http_url}/v1/chat/completions"
        yield


@contextlib.contextmanager
def nothing() -> Iterator[None]:
    yield


WRONG: dict[str, tuple[Misfortune, str]] = {
    "wrong secret": (set_to(SPARK_API_SECRET=SECRET), "wrong-secret"),
    "wrong key": (set_to(SPARK_API_KEY=KEY), "wrong-key"),
    "wrong app id": (set_to(SPARK_APP_ID="other"), "wrong-app-id"),
    "wrong MaaS key": (set_to(SPARK_MAAS_API_KEY=MAAS), "wrong-http-key"),
    "wrong APIPassword": (set_to(SPARK_API_PASSWORD="another"), "wrong-http-key"),
    "clock an hour ahead": (skewed(-3600), "clock"),
    "clock an hour behind": (skewed(3600), "clock"),
    "11200 on one product": (failing(11200), "not-entitled"),
    "no tokens left": (failing(11200, "AppIdNoAuthError:(15:24:29.825) tokens.total"), "quota"),
    "day's limit": (failing(11201, "AppIdDailyOverFlowError"), "quota"),
    "too fast": (failing(11202, "AppIdQpsOverFlowError"), "rate"),
    "withdrawn by the service": (failing(10404, "NoCategoryRouteError"), "unknown-model"),
    "engine fails": (failing(10012, "EngineInternalError"), "other-error"),
    "unknown code": (failing(19998, "NewError"), "other-error"),
    "proxy refuses": (proxied("403 Forbidden"), "proxy-refused"),
    "proxy's password": (proxied("407 Proxy Authentication Required", "me:no@"), "proxy-password"),
    "expired certificate": (certified("expired"), "certificate-expired"),
    "self-signed certificate": (certified("self-signed"), "certificate-self-signed"),
    "unknown CA": (certified("unknown CA"), "certificate-unknown-ca"),
    "other host's certificate": (certified("named", "spark.example.com"), "certificate-host"),
    "no such host": (unknown_host, "dns"),
    "closed port": (closed_port, "port-closed"),
    "captive portal": (answering(PORTAL), "captive-portal"),
    "silence": (answering(None), "silence"),
    "no HTTP": (answering(b"SSH-2.0-OpenSSH_9.6\r\n"), "not-http"),
    "APIKey as MaaS key": (set_to(SPARK_MAAS_API_KEY=KEY), "kind-of-key"),
    "MaaS key as APIKey": (set_to(SPARK_API_KEY=MAAS), "kind-of-key"),
    "APIKey as APPID": (set_to(SPARK_APP_ID=KEY), "kind-of-key"),
    "swapped": (set_to(SPARK_API_KEY=SECRET, SPARK_API_SECRET=KEY), "swapped"),
    "swapped, of unusual forms": (swapped_strangers, "wrong-key"),
    "unknown model": (set_to(SPARK_MODEL="spark-9"), "unknown-model"),
    "two families": (half_and_half, "mixed-families"),
    "quotation marks": (spaced('"', '"'), "quotes"),
    "Chinese quotation marks": (spaced("“", "”"), "quotes"),
    "a space inside": (spaced("Bearer ", ""), "inner-whitespace"),
    "no address": (set_to(SPARK_BASE_URL="not an address"), "base-url-bad"),
    "no keys": (nothing, "no-keys"),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_what_is_wrong_is_named(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    misfortune, problem = WRONG[case]
    quick = ("--timeout", "0.5") if case == "silence" else ()
    with misfortune():
        examined = examine(capsys, "--only", "4.0Ultra", "--only", "spark-x2.5", *quick)
    assert examined.status == 1
    assert problem in examined.problems("wrong")
    named = [each for each in examined.findings if each["problem"] == problem]
    assert all("{" not in each["text"] for each in named)


HARMLESS: dict[str, tuple[Misfortune, str]] = {
    "spaces around": (spaced(" ", "\n"), "whitespace"),
    "whole address as base_url": (whole_address, "base-url-path"),
    "withdrawn model": (set_to(SPARK_MODEL="max"), "retired-model"),
}


@pytest.mark.parametrize("case", sorted(HARMLESS))
def test_what_was_put_right_is_told(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    misfortune, problem = HARMLESS[case]
    with misfortune():
        examined = examine(capsys, "--only", "4.0Ultra")
    assert examined.status == 0
    assert problem in examined.problems("note")
    assert "works" in examined.problems("ok")


def test_a_ca_of_ones_own_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with certified("named")():
        examined = examine(capsys, "--only", "lite")
    assert examined.status == 0
    assert any("SSL_CERT_FILE=ca.pem" in each["text"] for each in examined.findings)


def test_the_error_has_code_and_sid(capsys: pytest.CaptureFixture[str]) -> None:
    with failing(11200)():
        examined = examine(capsys, "--only", "4.0Ultra", "--only", "lite")
    refused = [each for each in examined.findings if each["problem"] == "not-entitled"]
    assert {each["subject"] for each in refused} == {"4.0Ultra websocket", "4.0Ultra spark-open"}
    assert all(each["code"] == 11200 and each["sid"] in each["text"] for each in refused)
    assert "works" in examined.problems("ok")


def test_a_proxy_in_use_is_named_without_its_password(
    capsys: pytest.CaptureFixture[str], emulator: Emulator
) -> None:
    os.environ.update(emulator.environment)
    target = emulator.base_url.removeprefix("ws://")
    with running_proxy(target) as proxy:
        os.environ["SPARK_BASE_URL"] = "ws://spark.example.com"
        os.environ["http_proxy"] = proxy.url.replace("//", "//me:hidden@")
        examined = examine(capsys, "--only", "lite websocket")
    told = next(each for each in examined.findings if each["problem"] == "proxy-used")
    assert proxy.url in told["text"]
    assert "hidden" not in str(examined.findings)
    assert examined.status == 0
