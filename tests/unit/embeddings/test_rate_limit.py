"""The rate limit of embedding, which all clients of an app in a process share."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from iflytek_spark.embeddings.rate_limit import turns
from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.errors import (
    RateLimitError,
)
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


def test_all_clients_of_an_app_share_its_turns() -> None:
    clock = Moment().clock()
    first = turns("app1", "https://a/", 2, clock)
    second = turns("app1", "https://a/", 2, clock)
    assert [first(), second(), first()] == pytest.approx([0, 0.5, 1], rel=0.03)
    assert turns("app2", "https://a/", 2, clock)() == 0
    assert turns("app1", "https://b/", 2, clock)() == 0
    assert turns("app1", "https://a/", None, clock)() == 0


def test_turns_are_given_to_one_thread_each() -> None:
    turn = turns("app3", "https://a/", 1, Moment().clock())
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
    turn = turns("app4", "https://a/", 50, Moment().clock())
    taken = [turn() for _ in range(200)]
    for one, other in zip(taken, taken[50:]):
        assert 1.01 < other - one < 1.03
