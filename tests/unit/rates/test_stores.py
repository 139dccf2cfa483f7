"""Every store keeps the same book; those that are shared take a dead holder's turns back."""

from __future__ import annotations

import asyncio
import gc
import pickle
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from iflytek_spark.errors import ConfigurationError, RateStoreError
from iflytek_spark.rates import Limit, MachineStore, ProcessStore, Rate, RateStore, RedisStore
from tests._support.redis_program import needs_redis, redis_program

NAMES = map(str, count())


def turn(store: RateStore, limit: Limit, place: str = "a") -> tuple[str, float]:
    """Wait for a turn, and note that its request was sent; its ticket, and when it came."""
    ticket = next(NAMES)
    while wait := store.take(place, ticket, limit):
        time.sleep(wait)
    came = time.monotonic()
    store.sent(place, ticket)
    return ticket, came


def test_turns_are_spaced_evenly(store: RateStore) -> None:
    limit = Limit(20)
    came = [turn(store, limit)[1] for _ in range(30)]
    for one, other in zip(came, came[20:], strict=False):
        assert other - one > 1
    assert came[-1] - came[0] < 29 * limit.interval * 1.3


def test_accounts_have_turns_of_their_own(store: RateStore) -> None:
    limit = Limit(1)
    turn(store, limit)
    turn(store, limit, "b")
    assert store.take("a", next(NAMES), limit) > 0.5
    assert store.take("b", next(NAMES), limit) > 0.5


def test_requests_at_once_wait_for_an_end(store: RateStore) -> None:
    limit = Limit(at_once=1)
    ticket, _ = turn(store, limit)
    assert store.take("a", next(NAMES), limit) > 0
    ender = threading.Timer(0.1, store.release, ("a", ticket))
    ender.start()
    began = time.monotonic()
    turn(store, limit)
    ender.join()
    assert 0.08 < time.monotonic() - began < 5


def test_what_is_held_is_kept_though_it_takes_long(store: RateStore) -> None:
    """Longer than a dead holder's turn would be kept."""
    limit = Limit(at_once=1)
    ticket, began = turn(store, limit)
    while time.monotonic() - began < 2.5:
        assert store.take("a", next(NAMES), limit) > 0
        time.sleep(0.1)
    store.release("a", ticket)


async def aturn(store: RateStore, ticket: str, limit: Limit) -> None:
    wait = 1.0
    while wait > 0:
        wait = await store.atake("a", ticket, limit)
        await asyncio.sleep(wait)


async def test_who_is_cancelled_gives_the_turn_back(store: RateStore) -> None:
    limit = Limit(at_once=1)
    await aturn(store, "first", limit)
    store.release("a", "first")
    for _ in range(20):
        asked = asyncio.ensure_future(store.atake("a", next(NAMES), limit))
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        if not asked.cancelled():
            store.release("a", str(int(next(NAMES)) - 1))
    async with asyncio.timeout(5):
        await aturn(store, "last", limit)


@pytest.fixture(params=["machine", pytest.param("redis", marks=needs_redis)])
def two_stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[RateStore]]:
    """As two processes have them."""
    if request.param == "machine":
        yield [MachineStore(tmp_path / "rates", lapse=1.0) for _ in range(2)]
        return
    with redis_program() as url:
        yield [RedisStore(url, lapse=1.0) for _ in range(2)]


def test_two_stores_share_turns(two_stores: list[RateStore]) -> None:
    one, other = two_stores
    limit = Limit(0.5)
    turn(one, limit)
    assert other.take("a", next(NAMES), limit) > 0.5


def test_a_dead_holder_gives_its_turn_back(two_stores: list[RateStore]) -> None:
    dying, alive = two_stores
    limit = Limit(at_once=1)
    turn(dying, limit)
    dying._held.clear()  # type: ignore[attr-defined] # it gives no word any more
    began = time.monotonic()
    turn(alive, limit)
    assert time.monotonic() - began < 3


def test_a_store_that_is_forgotten_while_it_holds_turns_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    store = MachineStore(tmp_path / "rates.sqlite", lapse=0.3)
    turn(store, Limit(at_once=1))
    (writer,) = set(threading.enumerate()) - before
    writer.join(0.3)
    assert writer.is_alive(), "what is held is renewed"
    del store
    gc.collect()
    writer.join(10)
    assert not writer.is_alive()


@needs_redis
def test_a_new_redis_lets_the_last_second_pass() -> None:
    """One that was restarted has forgotten who was asked."""
    limit = Limit(5, at_once=3)
    with redis_program() as url:
        store = RedisStore(url, lapse=1.0)
        for _ in range(3):
            _, last = turn(store, limit)
    with redis_program(urlsplit(url).port or 0):
        while wait := store.take("a", "next", limit):
            assert wait > 0
            time.sleep(min(wait, 0.05))
            if time.monotonic() - last > 2.5:
                break
        assert time.monotonic() - last > 1
        assert store.take("a", "further", limit) > 0, "those under way are held again"


@needs_redis
def test_without_redis_nothing_is_sent() -> None:
    with redis_program() as url:
        pass
    with pytest.raises(RateStoreError, match="Redis cannot be reached"):
        RedisStore(url).take("a", "1", Limit(2))


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(RateStoreError, match="cannot be counted"):
        MachineStore(tmp_path / "none" / "rates").take("a", "1", Limit(2))
    (tmp_path / "text").write_text("no database " * 100)
    with pytest.raises(RateStoreError, match="may be deleted"):
        MachineStore(tmp_path / "text").take("a", "1", Limit(2))


def test_an_address_of_redis_that_is_none_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as refused:
        RedisStore("http://:s3cret@host")
    assert "s3cret" not in str(refused.value)


def unpickled(rate: Rate) -> Rate:
    again: Rate = pickle.loads(pickle.dumps(rate))  # noqa: S301
    return again


def test_what_a_pickle_holds(tmp_path: Path) -> None:
    machine = MachineStore(tmp_path / "rates")
    turn(machine, Limit(1))
    again = unpickled(Rate(machine, chat=Limit(1)))
    assert again.store.take("a", "x", Limit(1)) > 0
    assert isinstance(unpickled(Rate(chat=Limit(1))).store, ProcessStore)
    with pytest.raises(TypeError, match="password"):
        pickle.dumps(RedisStore("redis://:s3cret@host"))
