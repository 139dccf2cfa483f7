"""The rate limit of embedding, which all clients of an app in a process share."""

from __future__ import annotations

import asyncio
import contextlib
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from iflytek_spark import AsyncSparkClient, Credentials, SparkClient
from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.errors import APIError, RateLimitError
from iflytek_spark.rates import Limit, ProcessStore
from tests.unit.embeddings.embedding_helpers import CALLERS, TEXTS, Caller

RATE = 25.0
"""The emulator refuses one request more in any second than twice as many."""


def test_a_thread_and_a_loop_keep_to_one_rate() -> None:
    """Workers that could send everything at once stay below the service's limit."""
    with running_emulator(max_qps=2 * RATE) as spark:
        options = {"max_qps": RATE, "max_concurrency": 12, "max_retries": 0}
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(one.embed, spark, TEXTS * 3, **options) for one in CALLERS.values()]
        assert [len(one.result()) for one in both] == [36, 36]


def test_without_a_rate_the_service_refuses(caller: Caller) -> None:
    with running_emulator(max_qps=5) as spark, pytest.raises(RateLimitError, match="11202"):
        caller.embed(spark, TEXTS, max_qps=None, max_retries=0)


def test_retries_keep_the_rate_too(emulator: Emulator, caller: Caller) -> None:
    emulator.script(faults.ErrorFrame(11202))
    assert len(caller.embed(emulator, ["一"], max_qps=1000)) == 1
    assert len(emulator.requests) == 2


def test_all_clients_of_an_account_share_its_turns(emulator: Emulator) -> None:
    started = time.monotonic()
    for caller in CALLERS.values():
        caller.embed(emulator, ["一"], max_qps=1)
    assert time.monotonic() - started > 1


def test_keys_that_nobody_has_leave_nothing_behind() -> None:
    moment = [0.0]
    store = ProcessStore(clock=lambda: moment[0])
    for number in range(1000):
        assert store.take(f"invented{number}", "ticket", Limit(2)) == 0
        store.sent(f"invented{number}", "ticket")
        moment[0] += 1
    assert len(store._ledgers) < 100


def test_an_invented_app_has_no_rate_of_its_own() -> None:
    """The signature covers the key and not the app, whose id anybody can invent."""
    with running_emulator() as spark:
        keys, started = spark.credentials, time.monotonic()
        for number in range(2):
            app = Credentials(f"app{number}", keys.api_key, keys.api_secret)
            client = SparkClient(app, base_url=spark.base_url, max_retries=0)
            with contextlib.suppress(APIError):
                client.embed(["一"], max_qps=1)
        assert len(spark.requests) == 2
        assert time.monotonic() - started > 1


def test_those_who_leave_give_their_turns_back(emulator: Emulator, caller: Caller) -> None:
    """Forty turns, of which none is used, would keep the next caller waiting for twenty seconds."""
    asyncio.run(_leave(emulator))
    started = time.monotonic()
    caller.embed(emulator, ["一"], max_qps=2)
    assert time.monotonic() - started < 3


async def _leave(spark: Emulator) -> None:
    client = AsyncSparkClient(spark.credentials, base_url=spark.base_url)
    calls = [asyncio.ensure_future(client.embed(TEXTS[:4], max_qps=2)) for _ in range(10)]
    await asyncio.wait(calls, timeout=0.2)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


def test_a_call_that_fails_gives_its_turns_back(emulator: Emulator, caller: Caller) -> None:
    emulator.script(faults.ErrorFrame(10005))
    with pytest.raises(APIError):
        caller.embed(emulator, TEXTS, max_qps=2, max_concurrency=12, max_retries=0)
    started = time.monotonic()
    caller.embed(emulator, ["一"], max_qps=2)
    assert time.monotonic() - started < 3
