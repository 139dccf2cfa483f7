"""The rate limit of embedding, which all clients of an app in a process share."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from iflytek_spark import AsyncSparkClient, Credentials, SparkClient
from iflytek_spark.embeddings import rate_limit
from iflytek_spark.embeddings.rate_limit import turns
from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.errors import APIError, RateLimitError
from iflytek_spark.protocol.steps import Clock
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


class Moment:
    """A clock that stands still."""

    now = 0.0

    def clock(self) -> Clock:
        return Clock(lambda: 0.0, lambda: self.now, lambda: 0.0)


def taking(api_key: str, url: str, max_qps: float, clock: Clock) -> Callable[[], float]:
    """What takes the turns of an account, and says when they come."""
    turn = turns(api_key, url, max_qps, clock)
    assert turn is not None
    return lambda: turn().slot.start


def test_all_clients_of_an_account_share_its_turns() -> None:
    clock = Moment().clock()
    first = taking("key1", "https://a/", 2, clock)
    second = taking("key1", "https://a/", 2, clock)
    assert [first(), second(), first()] == pytest.approx([0, 0.5, 1], rel=0.03)
    assert taking("key2", "https://a/", 2, clock)() == 0
    assert taking("key1", "https://b/", 2, clock)() == 0
    assert turns("key1", "https://a/", None, clock) is None


def test_turns_are_given_to_one_thread_each() -> None:
    turn = taking("key3", "https://a/", 1, Moment().clock())
    taken: list[float] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(turn() for _ in range(100))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == pytest.approx(range(800), rel=0.03)


def test_a_second_holds_fewer_turns_than_the_limit_by_a_little() -> None:
    """Requests are late by some ms each, so that those of one second arrive in less."""
    turn = taking("key4", "https://a/", 50, Moment().clock())
    taken = [turn() for _ in range(200)]
    for one, other in zip(taken, taken[50:]):
        assert 1.01 < other - one < 1.03


def test_one_who_waits_moves_up_when_others_leave() -> None:
    moment = Moment()
    turn = turns("key5", "https://a/", 2, moment.clock())
    assert turn is not None
    first, second, third = turn(), turn(), turn()
    moment.now = 0.1
    second.release()
    assert third.wait() == pytest.approx(0.41, rel=0.03)
    moment.now = 0.6
    assert third.wait() == 0
    assert first.wait() == 0


def test_keys_that_nobody_has_leave_nothing_behind() -> None:
    moment = Moment()
    clock = moment.clock()
    for number in range(1000):
        taking(f"invented{number}", "https://a/", 2, clock)()
        moment.now += 1
    assert sum(queue.clock == clock for queue in rate_limit._LIMITS) == 1


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
