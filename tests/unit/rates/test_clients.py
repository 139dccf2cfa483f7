"""Clients with a rate: every product, both worlds, one process or several."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from iflytek_spark import AsyncSparkClient, SparkClient, Timeouts
from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.errors import APIError, RateStoreError
from iflytek_spark.rates import Limit, ProcessStore, Product, Rate, RedisStore, account_of
from langchain_spark import ChatSpark, SparkEmbeddings
from llama_index_spark import SparkLLM
from tests._support.service import settings_of

PRODUCTS = ("chat", "embeddings", "rerank", "images")


def client(spark: Emulator, rate: Rate, **settings: Any) -> SparkClient:
    return SparkClient(spark.credentials, base_url=spark.base_url, rate=rate, **settings)


def aclient(spark: Emulator, rate: Rate, **settings: Any) -> AsyncSparkClient:
    return AsyncSparkClient(spark.credentials, base_url=spark.base_url, rate=rate, **settings)


def fresh(**limits: Limit) -> Rate:
    return Rate(ProcessStore(), **limits)


ASKS: dict[str, Callable[[SparkClient], object]] = {
    "chat": lambda one: one.chat("你好"),
    "embeddings": lambda one: one.embed(["一"]),
    "images": lambda one: one.generate_image("一只猫"),
}


@pytest.mark.parametrize("product", ASKS)
def test_each_product_has_a_rate_of_its_own(emulator: Emulator, product: str) -> None:
    rate = fresh(**{product: Limit(0.05)})
    one = client(emulator, rate)
    for ask in ASKS.values():
        ask(one)
    for name in PRODUCTS:
        turn = rate.turn(cast("Product", name), account_of(emulator.credentials))
        assert (turn is None) == (name != product)
        assert turn is None or turn.ask() > 0


def test_threads_and_loops_stand_in_one_queue() -> None:
    """Forty chats at once, of which the emulator would refuse more than fifteen in a second."""
    rate = fresh(chat=Limit(15))
    with running_emulator(limits={"chat": Limit(15)}) as spark:

        async def many() -> None:
            one = aclient(spark, rate, max_retries=0)
            await asyncio.gather(*(one.chat("你好") for _ in range(20)))

        with ThreadPoolExecutor(11) as pool:
            loop = pool.submit(asyncio.run, many())
            one = client(spark, rate, max_retries=0)
            assert all(chat.text for chat in pool.map(one.chat, ["你好"] * 20))
            loop.result()
        assert len(spark.requests) == 40


def test_no_more_chats_are_under_way_than_may_be() -> None:
    with running_emulator(limits={"chat": Limit(at_once=2)}, pace=0.02) as spark:
        one = client(spark, fresh(chat=Limit(at_once=2)), max_retries=0)
        with ThreadPoolExecutor(6) as pool:
            assert all(pool.map(lambda _: one.chat("你好").text, range(6)))


def test_a_chat_that_fails_or_is_left_gives_its_slot_back(emulator: Emulator) -> None:
    one = client(emulator, fresh(chat=Limit(at_once=1)), max_retries=0)
    emulator.script(faults.ErrorFrame(10013), faults.RefuseHandshake(403), None)
    for _ in range(2):
        with pytest.raises(APIError):
            one.chat("你好")
    with one.stream("你好") as stream:
        next(stream)
    assert one.chat("你好").text


async def test_who_is_cancelled_in_the_queue_is_not_waited_for(emulator: Emulator) -> None:
    one = aclient(emulator, fresh(chat=Limit(1)))
    await one.chat("你好")
    waiting = [asyncio.ensure_future(one.chat("你好")) for _ in range(20)]
    await asyncio.sleep(0)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    async with asyncio.timeout(5):
        await one.chat("你好")
    assert len(emulator.requests) == 2


def test_each_try_takes_a_turn(emulator: Emulator) -> None:
    emulator.script(faults.ErrorFrame(10110))
    began = time.monotonic()
    client(emulator, fresh(chat=Limit(1))).chat("你好")
    assert (len(emulator.requests), time.monotonic() - began > 1) == (2, True)


def test_the_wait_is_no_part_of_the_timeouts(emulator: Emulator) -> None:
    one = client(emulator, fresh(chat=Limit(0.5)), timeout=Timeouts(total=1.5))
    one.chat("你好")
    began = time.monotonic()
    one.chat("你好")
    assert time.monotonic() - began > 1.6


def test_turns_that_cannot_be_counted_are_not_taken(emulator: Emulator) -> None:
    rate = Rate(RedisStore("redis://127.0.0.1:1"), chat=Limit(1))
    with pytest.raises(RateStoreError, match="Redis cannot be reached"):
        client(emulator, rate).chat("你好")
    assert emulator.handshakes == ()


def test_every_adapter_takes_it(emulator: Emulator) -> None:
    rate = fresh(chat=Limit(1), embeddings=Limit(1))
    known = {**settings_of(emulator), "rate": rate}
    began = time.monotonic()
    ChatSpark(**known).invoke("你好")
    SparkLLM(**known).complete("你好")
    assert time.monotonic() - began > 1
    SparkEmbeddings(**known).embed_query("一")
    SparkEmbeddings(**known).embed_query("二")
    assert time.monotonic() - began > 2


_PROGRAM = """
import sys
from iflytek_spark import SparkClient
from iflytek_spark.rates import Limit, MachineStore, Rate
client = SparkClient(rate=Rate(MachineStore(sys.argv[1]), chat=Limit(5)), max_retries=0)
for _ in range(8):
    client.chat("你好")
"""


def test_three_processes_keep_to_one_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are told five a second each, and the service takes five in any second of all."""
    with running_emulator(limits={"chat": Limit(5)}) as spark:
        for name, value in spark.environment.items():
            monkeypatch.setenv(name, value)
        command = [sys.executable, "-c", _PROGRAM, str(tmp_path / "rates")]
        running = [subprocess.Popen(command) for _ in range(3)]
        assert [process.wait() for process in running] == [0, 0, 0]
        times = spark.account.times("chat")
    assert len(times) == 24
    assert all(later - earlier > 1 for earlier, later in zip(times, times[5:], strict=False))
    assert max(later - earlier for earlier, later in pairwise(times)) < 1.5
