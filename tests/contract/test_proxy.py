"""Proxies: an explicit one is used, the environment's is not for this machine."""

from __future__ import annotations

import socket
from importlib.metadata import version
from urllib.parse import quote

import pytest

from iflytek_spark.emulator import Emulator
from iflytek_spark.errors import APIConnectionError, ConfigurationError
from tests._support.name_server import NameServer
from tests.contract.proxies import running_proxy, running_socks
from tests.contract.sockets import patience
from tests.contract.wires import Ask, every_wire


def address(spark: Emulator) -> str:
    return spark.base_url.removeprefix("ws://")


_WEBSOCKETS = int(version("websockets").partition(".")[0])


@every_wire
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
def test_the_environments_proxy_is_not_for_this_machine(
    ask: Ask, variable: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_proxy(address(emulator), "403 Forbidden") as proxy:
        monkeypatch.setenv(variable, proxy.url)
        assert "苹果" in ask(emulator).text
        assert proxy.asked == []


@every_wire
def test_an_explicit_proxy_is_used(ask: Ask, emulator: Emulator) -> None:
    with running_proxy(address(emulator)) as proxy:
        assert "苹果" in ask(emulator, proxy=proxy.url).text
        assert proxy.asked[0].startswith(f"CONNECT {address(emulator)} HTTP/1.1\r\n")


@every_wire
def test_a_proxy_looks_names_up_itself(ask: Ask, emulator: Emulator) -> None:
    """The signature is for the host that the service is called, not for the proxy."""
    with running_proxy(address(emulator)) as proxy:
        url = "ws://spark.example.com:8080"
        assert "苹果" in ask(emulator, proxy=proxy.url, base_url=url).text
        assert "CONNECT spark.example.com:8080 " in proxy.asked[0]
        assert emulator.handshakes[0].headers["host"] == "spark.example.com:8080"


@every_wire
def test_an_empty_proxy_is_none_whatever_the_environment_says(
    ask: Ask, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert "苹果" in ask(emulator, proxy="").text


@every_wire
def test_the_proxys_password_is_sent_to_it_and_shown_to_nobody(
    ask: Ask, emulator: Emulator
) -> None:
    with running_proxy(address(emulator), "407 Proxy Authentication Required") as proxy:
        url = proxy.url.replace("://", "://me:marker@")
        with pytest.raises(APIConnectionError) as caught:
            ask(emulator, proxy=url)
        assert "Proxy-Authorization: Basic bWU6bWFya2Vy" in proxy.asked[0]
        assert "marker" not in str(caught.value)


@every_wire
@pytest.mark.parametrize("answer", ["403 Forbidden", "502 Bad Gateway", "nonsense"])
def test_a_proxy_that_refuses_is_no_connection(ask: Ask, answer: str, emulator: Emulator) -> None:
    with running_proxy(address(emulator), answer) as proxy:
        with pytest.raises(APIConnectionError) as caught:
            ask(emulator, proxy=proxy.url)
        assert type(caught.value) is APIConnectionError
        assert caught.value.__cause__ is not None
        assert emulator.handshakes == ()


@every_wire
@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h", "socks4"])
def test_no_proxy_at_the_port_is_no_connection(ask: Ask, scheme: str, emulator: Emulator) -> None:
    with pytest.raises(APIConnectionError):
        ask(emulator, proxy=f"{scheme}://127.0.0.1:1")


@every_wire
@pytest.mark.parametrize("proxy", ["proxy:3128", "ftp://127.0.0.1:21", "http://", "nonsense"])
def test_an_address_that_is_no_proxys_is_refused(ask: Ask, proxy: str, emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match="proxy"):
        ask(emulator, proxy=proxy)
    assert emulator.handshakes == ()


@every_wire
def test_a_silent_proxy_runs_into_the_time_out_of_connecting(
    ask: Ask, emulator: Emulator, request: pytest.FixtureRequest
) -> None:
    if request.node.name.endswith("[async-WebSocket]") and _WEBSOCKETS < 17:
        pytest.skip("websockets before 17 leaves the socket of a proxy that never answers open")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TimeoutError, match="connect"):
            ask(emulator, proxy=url, timeout=patience(connect=0.2))


@every_wire
def test_the_environments_proxy_is_used_but_for_the_names_of_no_proxy(
    ask: Ask, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    NameServer(monkeypatch)
    url = f"ws://spark.test:{emulator.base_url.rpartition(':')[2]}"
    with running_proxy(address(emulator)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert "苹果" in ask(emulator, base_url=url).text
        assert len(proxy.asked) == 1
        monkeypatch.setenv("NO_PROXY", "example.com,.test")
        assert "苹果" in ask(emulator, base_url=url).text
        assert len(proxy.asked) == 1


@every_wire
def test_a_proxy_with_a_login_lets_through(ask: Ask, emulator: Emulator) -> None:
    with running_proxy(address(emulator)) as proxy:
        assert "苹果" in ask(emulator, proxy=proxy.url.replace("://", "://me:marker@")).text
        assert "Proxy-Authorization: Basic bWU6bWFya2Vy" in proxy.asked[0]


@every_wire
@pytest.mark.parametrize("login", ["", "me:marker", "m e:mar:k@er"])
def test_a_proxy_of_socks(ask: Ask, login: str, emulator: Emulator) -> None:
    with running_socks(address(emulator), login) as proxy:
        user, _, password = login.partition(":")
        written = f"{quote(user)}:{quote(password)}@" if login else ""
        url = proxy.url.replace("://", f"://{written}")
        assert "苹果" in ask(emulator, proxy=url, base_url="ws://spark.example.com:8080").text
        assert proxy.asked == [f"{login} spark.example.com:8080"]


@every_wire
def test_a_proxy_of_socks_that_looks_no_name_up(
    ask: Ask, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    NameServer(monkeypatch)
    with running_socks(address(emulator)) as proxy:
        url = proxy.url.replace("socks5h", "socks5")
        assert "苹果" in ask(emulator, proxy=url, base_url="ws://spark.test:8080").text
        assert proxy.asked == [" 127.0.0.1:8080"]


@every_wire
@pytest.mark.parametrize(("login", "refuses"), [("me:another", False), ("me:marker", True)])
def test_a_proxy_of_socks_that_refuses(
    ask: Ask, login: str, refuses: bool, emulator: Emulator
) -> None:
    with running_socks(address(emulator), login, refuses=refuses) as proxy:
        with pytest.raises(APIConnectionError) as caught:
            ask(emulator, proxy=proxy.url.replace("://", "://me:marker@"))
        assert "marker" not in str(caught.value)
        assert type(caught.value) is APIConnectionError
        assert emulator.handshakes == ()
