"""A name server that hangs: every call ends within its time-outs, and threads do not pile up."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from iflytek_spark import AsyncSparkClient, SparkClient, Timeouts
from iflytek_spark.emulator import Emulator
from iflytek_spark.errors import APIConnectionError, APITimeoutError, SparkError
from iflytek_spark.transports.resolver import Resolver
from tests._support.name_server import NameServer

NAMED = "ws://spark.test:{}"
PATIENCE = Timeouts(connect=0.3, response=10, total=20)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    server = NameServer(monkeypatch)
    yield server
    server.answering.set()


def at(spark: Emulator) -> str:
    return NAMED.format(spark.base_url.rpartition(":")[2])


def settings(spark: Emulator, **more: Any) -> dict[str, Any]:
    return {"base_url": at(spark), "timeout": PATIENCE, "max_retries": 0, **more}


def chat(spark: Emulator, **more: Any) -> object:
    return SparkClient(spark.credentials, **settings(spark, **more)).chat("你好").text


def embed(spark: Emulator, **more: Any) -> object:
    client = SparkClient(spark.credentials, **settings(spark, **more))
    return client.embed(["一"], max_qps=None)


def chat_over_http(spark: Emulator, **more: Any) -> object:
    client = SparkClient(spark.credentials, wire="http", **settings(spark, **more))
    with contextlib.closing(client):
        return client.chat("你好").text


def achat_over_http(spark: Emulator, **more: Any) -> object:
    client = AsyncSparkClient(spark.credentials, wire="http", **settings(spark, **more))
    with contextlib.closing(client):
        return asyncio.run(client.chat("你好")).text


def achat(spark: Emulator, **more: Any) -> object:
    client = AsyncSparkClient(spark.credentials, **settings(spark, **more))
    return asyncio.run(client.chat("你好")).text


Ask = Callable[..., object]
never_waited_for = pytest.mark.parametrize("ask", [chat, embed, chat_over_http, achat_over_http])


def resolving() -> int:
    return sum(thread.name == "spark-resolve" for thread in threading.enumerate())


@never_waited_for
def test_a_name_is_looked_up(ask: Ask, emulator: Emulator, names: NameServer) -> None:
    assert ask(emulator)
    assert names.asked == 1
    assert emulator.handshakes[0].headers["host"].startswith("spark.test:")


@never_waited_for
def test_the_time_out_of_connecting_holds(ask: Ask, emulator: Emulator, names: NameServer) -> None:
    names.answering.clear()
    started = time.monotonic()
    with pytest.raises(APITimeoutError, match="'connect'"):
        ask(emulator)
    assert time.monotonic() - started < 3


@never_waited_for
@pytest.mark.parametrize("scheme", ["http", "socks5h", "socks5"])
def test_it_holds_for_the_name_of_a_proxy(
    ask: Ask, scheme: str, emulator: Emulator, names: NameServer
) -> None:
    if ask is embed and scheme != "http":
        pytest.importorskip("socksio")
    names.answering.clear()
    started = time.monotonic()
    with pytest.raises(APITimeoutError, match="'connect'"):
        ask(emulator, proxy=f"{scheme}://me:pw@proxy.test:3128")
    assert time.monotonic() - started < 3


@never_waited_for
def test_a_name_without_an_address_is_no_connection(
    ask: Ask, emulator: Emulator, names: NameServer
) -> None:
    names.addresses = []
    with pytest.raises(APIConnectionError, match="no connection to"):
        ask(emulator)


@never_waited_for
def test_the_next_address_is_tried(ask: Ask, emulator: Emulator, names: NameServer) -> None:
    names.addresses = ["127.0.0.2", "127.0.0.1"]
    assert ask(emulator)


@never_waited_for
def test_many_calls_keep_one_thread(ask: Ask, emulator: Emulator, names: NameServer) -> None:
    names.answering.clear()

    def fail(_: int) -> None:
        with pytest.raises(SparkError):
            ask(emulator)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(fail, range(60)))
    assert resolving() == 1


def test_many_names_keep_so_many_threads_and_no_more() -> None:
    hanging, resolver = threading.Event(), Resolver(2)

    def look_up(host: str, port: int) -> list[str]:
        hanging.wait(20)
        return [host]

    for number in range(5):
        with pytest.raises(TimeoutError):
            resolver.addresses(f"{number}.test", 80, 0.05, look_up)
    assert resolving() == 2
    hanging.set()
    assert resolver.addresses("6.test", 80, 5, look_up) == ["6.test"]


def test_async_calls_end_in_time_too(emulator: Emulator, names: NameServer) -> None:
    names.answering.clear()
    timer = threading.Timer(2, names.answering.set)  # the loop's own thread is waited for
    timer.start()
    with pytest.raises(APITimeoutError, match="'connect'"):
        achat(emulator)
    timer.join()
