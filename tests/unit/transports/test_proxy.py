"""Which proxy a call goes through."""

from __future__ import annotations

import pytest

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.transports.proxy import resolve_proxy

WSS, WS = "wss://spark-api.xf-yun.com/v4.0/chat", "ws://spark.example.com:8080/v4.0/chat"
PROXY, OTHER = "http://proxy.example.com:3128", "socks5h://socks.example.com:1080"


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, WSS, None),
        ({"HTTPS_PROXY": PROXY}, WSS, PROXY),
        ({"HTTPS_PROXY": PROXY}, WS, None),
        ({"HTTP_PROXY": PROXY}, WS, PROXY),
        ({"HTTP_PROXY": PROXY}, WSS, None),
        ({"https_proxy": PROXY}, WSS, PROXY),
        ({"ALL_PROXY": OTHER}, WSS, OTHER),
        ({"ALL_PROXY": OTHER}, WS, OTHER),
        ({"HTTPS_PROXY": PROXY, "ALL_PROXY": OTHER}, WSS, PROXY),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "spark-api.xf-yun.com"}, WSS, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": ".xf-yun.com,other"}, WSS, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "xf-yun.com"}, WSS, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}, WSS, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "example.com"}, WSS, PROXY),
        ({"HTTP_PROXY": PROXY}, "ws://127.0.0.1:8765/x2", None),
        ({"HTTP_PROXY": PROXY}, "ws://127.9.9.9:8765/x2", None),
        ({"HTTP_PROXY": PROXY}, "ws://localhost:8765/x2", None),
        ({"HTTP_PROXY": PROXY}, "ws://[::1]:8765/x2", None),
    ],
)
def test_the_environments_proxy(
    environment: dict[str, str],
    url: str,
    proxy: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert resolve_proxy(url, None) == proxy


@pytest.mark.parametrize("url", [WSS, WS, "ws://127.0.0.1:8765/x2"])
def test_an_explicit_proxy_wins(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", OTHER)
    monkeypatch.setenv("NO_PROXY", "*")
    assert resolve_proxy(url, PROXY) == PROXY


def test_an_empty_proxy_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", OTHER)
    assert resolve_proxy(WSS, "") is None


@pytest.mark.parametrize("proxy", ["proxy:3128", "ftp://proxy:21", "http://", "socks5:", "x"])
def test_an_address_that_is_no_proxys(proxy: str) -> None:
    with pytest.raises(ConfigurationError, match="proxy") as caught:
        resolve_proxy(WSS, proxy)
    assert "socks5h://" in caught.value.hint


@pytest.mark.parametrize(
    "proxy", ["http://proxy:port", "http://proxy:99999", "http://[::1", "http://a..b"]
)
def test_an_address_that_cannot_be_read(proxy: str) -> None:
    with pytest.raises(ConfigurationError, match="proxy"):
        resolve_proxy(WSS, proxy)


def test_a_bad_address_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "me:marker@proxy:3128")
    with pytest.raises(ConfigurationError) as caught:
        resolve_proxy(WSS, None)
    assert "marker" not in str(caught.value)
