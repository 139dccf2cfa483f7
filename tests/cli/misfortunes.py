"""Misfortunes over real sockets: each sets the environment up, and takes it away."""

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

from iflytek_spark.emulator import Reply, SeenChat, faults, running_emulator
from tests.cli.doctor_helpers import raw_server
from tests.contract.proxies import running_proxy

KEY, SECRET = "0123456789abcdef" * 2, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
MAAS = f"{KEY}:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
PORTAL = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<!DOCTYPE html><html>Log in</html>"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: http://login.example.com/\r\nContent-Length: 0\r\n\r\n"
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


def elsewhere(proxy: str) -> Misfortune:
    """A host that is reached through a proxy alone."""
    return set_to(SPARK_BASE_URL="ws://spark.example.com", http_proxy=proxy)


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
def half_beside_a_password() -> Iterator[None]:
    with running_emulator() as spark:
        os.environ.update(SPARK_API_PASSWORD=spark.http_keys.api_password, SPARK_API_KEY=KEY)
        os.environ["SPARK_BASE_URL"] = spark.base_url
        yield


@contextlib.contextmanager
def no_tls() -> Iterator[None]:
    with running_emulator() as spark:
        os.environ.update(spark.environment)
        os.environ["SPARK_BASE_URL"] = spark.base_url.replace("ws:", "wss:")
        yield


@contextlib.contextmanager
def every_product_refused() -> Iterator[None]:
    """What a service may say of another app's APPID without naming it."""
    reply = Reply("", fault=faults.ErrorFrame(11200, "AppIdNoAuthError"))
    with running_emulator(respond=lambda _: reply) as spark:
        os.environ.update(spark.environment)
        yield


@contextlib.contextmanager
def missing_ca() -> Iterator[None]:
    with certified("named")():
        os.environ["SSL_CERT_FILE"] = "elsewhere.pem"
        yield


@contextlib.contextmanager
def whole_address() -> Iterator[None]:
    with running_emulator() as spark:
        os.environ.update(spark.environment)
        os.environ["SPARK_BASE_URL"] = f"{spark.http_url}/v1/chat/completions"
        yield


@contextlib.contextmanager
def nothing() -> Iterator[None]:
    yield
