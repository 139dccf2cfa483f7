"""Proxies: an explicit one is used, the environment's is not for this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pytest

from iflytek_spark.emulator import Emulator
from iflytek_spark.errors import APIConnectionError, ConfigurationError
from iflytek_spark.messages import ChatResponse
from tests.contract.proxies import running_proxy
from tests.contract.sockets import async_client, patience, sync_client


def ask_sync(spark: Emulator, **more: Any) -> ChatResponse:
    return sync_client(spark, max_retries=0, **more).chat("苹果")


def ask_async(spark: Emulator, **more: Any) -> ChatResponse:
    return asyncio.run(async_client(spark, max_retries=0, **more).chat("苹果"))


Ask = Callable[..., ChatResponse]
both = pytest.mark.parametrize("ask", [ask_sync, ask_async])


def address(spark: Emulator) -> str:
    return spark.base_url.removeprefix("ws://")


@both
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
def test_the_environments_proxy_is_not_for_this_machine(
    ask: Ask, variable: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_proxy(address(emulator), "403 Forbidden") as proxy:
        monkeypatch.setenv(variable, proxy.url)
        assert "苹果" in ask(emulator).text
        assert proxy.asked == []


@both
def test_an_explicit_proxy_is_used(ask: Ask, emulator: Emulator) -> None:
    with running_proxy(address(emulator)) as proxy:
        assert "苹果" in ask(emulator, proxy=proxy.url).text
        assert proxy.asked[0].startswith(f"CONNECT {address(emulator)} HTTP/1.1\r\n")


@both
def test_a_proxy_looks_names_up_itself(ask: Ask, emulator: Emulator) -> None:
    """The signature is for the host that the service is called, not for the proxy."""
    with running_proxy(address(emulator)) as proxy:
        url = "ws://spark.example.com:8080"
        assert "苹果" in ask(emulator, proxy=proxy.url, base_url=url).text
        assert "CONNECT spark.example.com:8080 " in proxy.asked[0]
        assert emulator.handshakes[0].headers["host"] == "spark.example.com:8080"


@both
def test_an_empty_proxy_is_none_whatever_the_environment_says(
    ask: Ask, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert "苹果" in ask(emulator, proxy="").text


@both
def test_the_proxys_password_is_sent_to_it_and_shown_to_nobody(
    ask: Ask, emulator: Emulator
) -> None:
    with running_proxy(address(emulator), "407 Proxy Authentication Required") as proxy:
        url = proxy.url.replace("://", "://me:marker@")
        with pytest.raises(APIConnectionError) as caught:
            ask(emulator, proxy=url)
        assert "Proxy-Authorization: Basic bWU6bWFya2Vy" in proxy.asked[0]
        assert "marker" not in str(caught.value)


@both
@pytest.mark.parametrize("answer", ["403 Forbidden", "502 Bad Gateway", "nonsense"])
def test_a_proxy_that_refuses_is_no_connection(ask: Ask, answer: str, emulator: Emulator) -> None:
    with running_proxy(address(emulator), answer) as proxy:
        with pytest.raises(APIConnectionError) as caught:
            ask(emulator, proxy=proxy.url)
        assert type(caught.value) is APIConnectionError
        assert caught.value.__cause__ is not None
        assert emulator.handshakes == ()


@both
@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h", "socks4"])
def test_no_proxy_at_the_port_is_no_connection(ask: Ask, scheme: str, emulator: Emulator) -> None:
    with pytest.raises(APIConnectionError):
        ask(emulator, proxy=f"{scheme}://127.0.0.1:1")


@both
@pytest.mark.parametrize("proxy", ["proxy:3128", "ftp://127.0.0.1:21", "http://", "nonsense"])
def test_an_address_that_is_no_proxys_is_refused(ask: Ask, proxy: str, emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match="proxy"):
        ask(emulator, proxy=proxy)
    assert emulator.handshakes == ()


closes = pytest.mark.skipif(
    int(version("websockets").partition(".")[0]) < 17,
    reason="websockets before 17 does not close the socket of a proxy that never answers",
)


@pytest.mark.parametrize("ask", [ask_sync, pytest.param(ask_async, marks=closes)])
def test_a_silent_proxy_runs_into_the_time_out_of_connecting(ask: Ask, emulator: Emulator) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TimeoutError, match="connect"):
            ask(emulator, proxy=url, timeout=patience(connect=0.2))
