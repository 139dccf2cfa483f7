from __future__ import annotations

from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.middleware.redis import RedisSlots, connect
from iflytek_spark.gateway.settings import load_settings
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import ask, code, streaming, wait_until_let_in
from tests.gateway.middleware.conftest import Keys, MovedClock
from tests.gateway.redis_server import running_redis


def test_two_gateways_share_a_rate(
    running_gateway: RunningGateway, keys: Keys, redis_url: str
) -> None:
    one, other = (
        running_gateway(keys=keys.hashed, requests_per_minute=2, redis_url=redis_url)
        for _ in range(2)
    )
    first, second = ask(one, keys.anna), ask(other, keys.anna)
    assert [first.status_code, second.status_code] == [200, 200]
    assert second.headers["x-ratelimit-remaining-requests"] == "0"
    for url in (one, other):
        refused = ask(url, keys.anna)
        assert (refused.status_code, code(refused)) == (429, "rate_limit_exceeded")
        assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert ask(one, keys.bert).status_code == 200


def test_two_gateways_share_what_is_under_way(
    running_gateway: RunningGateway, keys: Keys, redis_url: str, emulator: Emulator
) -> None:
    one, other = (
        running_gateway(keys=keys.hashed, concurrent_requests=2, redis_url=redis_url)
        for _ in range(2)
    )
    emulator.script(faults.Silence(after=2), faults.Silence(after=2))
    with streaming(one, keys.anna):
        with streaming(other, keys.anna):
            refused = [ask(url, keys.anna) for url in (one, other)]
            assert {code(response) for response in refused} == {"concurrency_limit_exceeded"}
            assert ask(other, keys.bert).status_code == 200
        assert wait_until_let_in(one, keys.anna).status_code == 200


@pytest.mark.parametrize("limit", ["requests_per_minute", "concurrent_requests"])
def test_nothing_is_answered_uncounted(
    running_gateway: RunningGateway,
    limit: str,
    emulator: Emulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with running_redis() as redis_url:
        url = running_gateway(**{limit: 5}, redis_url=redis_url)
        assert ask(url).status_code == 200
    before = len(emulator.requests)
    refused = ask(url)
    assert (refused.status_code, code(refused)) == (503, "limits_unavailable")
    assert refused.headers["retry-after"] == "1"
    assert len(emulator.requests) == before
    assert "Redis cannot be reached" in caplog.text
    with running_redis(urlsplit(redis_url).port or 0):
        assert ask(url).status_code == 200


def test_a_stream_ends_well_though_redis_has_gone(
    running_gateway: RunningGateway, emulator: Emulator
) -> None:
    with ExitStack() as redis:
        redis_url = redis.enter_context(running_redis())
        url = running_gateway(concurrent_requests=1, redis_url=redis_url)
        emulator.script(faults.Slow(0.1))
        with streaming(url) as lines:
            redis.close()
            assert [line for line in lines if line][-1] == "data: [DONE]"


async def test_what_a_crashed_worker_held_lapses(redis_url: str, clock: MovedClock) -> None:
    async with connect(redis_url) as client:
        crashed, alive = (RedisSlots(client) for _ in range(2))
        assert await crashed.acquire("anna", 2)
        await crashed.aclose()
        clock.now += 20
        assert await alive.acquire("anna", 2)
        assert await alive.acquire("anna", 2) is None
        clock.now += 11
        assert await alive.acquire("anna", 2)
        assert await alive.acquire("anna", 2) is None
        await alive.aclose()


async def test_what_is_under_way_is_kept_though_it_takes_long(redis_url: str) -> None:
    async with connect(redis_url) as client:
        book = RedisSlots(client, seconds=0.6)
        release = await book.acquire("anna", 1)
        [name] = await client.keys()
        taken = await client.zrange(name, 0, -1, withscores=True)
        while await client.zrange(name, 0, -1, withscores=True) == taken:
            pass  # each look is a round trip
        assert await RedisSlots(client).acquire("anna", 1) is None
        assert release
        await release()
        assert not await client.keys()
        await book.aclose()


@pytest.mark.parametrize("url", ["localhost", "http://h", "redis://", "redis://:s3cret/x@h:1"])
def test_what_is_no_address_of_redis_is_no_configuration(url: str) -> None:
    with pytest.raises(ConfigurationError, match="redis_url") as refused:
        load_settings(redis_url=url)
    assert "s3cret" not in str(refused.value)
