"""Which proxy a call goes through."""

from __future__ import annotations

import asyncio
import traceback

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio import client as websockets_client

from iflytek_spark import AsyncSparkClient, Credentials, SparkClient
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.transports.proxy import proxy_login, resolve_proxy

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


WITHOUT_MEANING = {
    "a path": "http://me:marker@proxy:3128/path",
    "a query": "http://me:marker@proxy:3128?x",
    "an empty query": "http://me:marker@proxy:3128/?",
    "a fragment": "http://me:marker@proxy:3128#x",
    "a path of socks": "socks5h://me:marker@proxy:1080/path",
    "a user alone": "http://marker@proxy:3128",
    "a password with @": "http://me:mark@er:marker@proxy:3128",
    "a user with a colon": "http://m%3Ae:marker@proxy:3128",
    "no UTF-8": "http://me:%ffmarker@proxy:3128",
    "a space": "http://me:mar ker@proxy:3128",
    "a line": "http://me:marker\r\n@proxy:3128",
    "a control character": "http://me:marker\x7f@proxy:3128",
    "a surrogate": "http://me:marker\ud800@proxy:3128",
    "a long password": f"socks5h://me:{'marker' * 60}@proxy:1080",
    "a port that is none": "http://me:marker@proxy:0",
    "a port that is no number": "http://me:marker@proxy:marker",
    "another scheme": "marker:marker@proxy:3128",
    "https": "https://me:marker@proxy:3128",
    "no host": "http://me:marker@",
}


def ask(address: str) -> object:
    keys = Credentials("a", "b", "c")
    return SparkClient(keys, proxy=address, base_url="ws://spark.example.com").chat("你好")


def aask(address: str) -> object:
    keys = Credentials("a", "b", "c")
    client = AsyncSparkClient(keys, proxy=address, base_url="ws://spark.example.com")
    return asyncio.run(client.chat("你好"))


def embed(address: str) -> object:
    keys = Credentials("a", "b", "c")
    return SparkClient(keys, proxy=address, base_url="ws://spark.example.com").embed(["一"])


def aembed(address: str) -> object:
    keys = Credentials("a", "b", "c")
    client = AsyncSparkClient(keys, proxy=address, base_url="ws://spark.example.com")
    return asyncio.run(client.embed(["一"]))


@pytest.mark.parametrize("kind", WITHOUT_MEANING)
def test_all_ways_refuse_it_in_the_same_words_without_its_password(kind: str) -> None:
    errors = set()
    for way in (ask, aask, embed, aembed):
        with pytest.raises(ConfigurationError, match="proxy") as caught:
            way(WITHOUT_MEANING[kind])
        errors.add(str(caught.value))
        assert "mark" not in "".join(traceback.format_exception(caught.value)).replace(__file__, "")
    assert len(errors) == 1


@given(st.text(alphabet="ab:/?#@%[]1 \u00e9\n", max_size=12), st.sampled_from(["http", "socks5h"]))
def test_what_is_taken_the_libraries_take_too(rest: str, scheme: str) -> None:
    try:
        taken = resolve_proxy(WSS, f"{scheme}://{rest}")
    except ConfigurationError:
        return
    assert taken is not None
    parsed = vars(websockets_client)["parse_proxy"](taken)  # whose place has changed
    assert (parsed.username, parsed.password) == proxy_login(taken)
    assert httpx2.Proxy(taken).url.port in (parsed.port, None)


def test_no_password_is_shown_by_what_holds_it() -> None:
    for client in (SparkClient, AsyncSparkClient):
        made = client(Credentials("a", "b", "c"), proxy="http://me:marker@proxy:3128", preconnect=1)
        assert "marker" not in f"{made!r} {vars(made)!r} {vars(made._pool)!r}"


def test_a_proxy_has_its_usual_port() -> None:
    assert resolve_proxy(WSS, "http://proxy") == "http://proxy:80"
    assert resolve_proxy(WSS, "socks5h://me:pw@[::1]") == "socks5h://me:pw@[::1]:1080"
