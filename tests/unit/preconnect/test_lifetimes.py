"""Connections opened ahead end with what they belong to: a loop, a process, a model."""

from __future__ import annotations

import asyncio
import copy
import gc
import logging
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from iflytek_spark import AsyncSparkClient, SparkClient
from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.transports.preconnect.pool_async import AsyncPreconnectPool
from langchain_spark import ChatSpark
from llama_index_spark import SparkLLM
from tests.unit.preconnect.preconnect_helpers import ready, until, warming_threads


def client(spark: Emulator, **settings: Any) -> SparkClient:
    return SparkClient(spark.credentials, base_url=spark.base_url, preconnect=2, **settings)


def aclient(spark: Emulator, **settings: Any) -> AsyncSparkClient:
    return AsyncSparkClient(spark.credentials, base_url=spark.base_url, preconnect=2, **settings)


async def warm_up(client: AsyncSparkClient) -> None:
    await client.chat("你好")
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(until, lambda: ready(client, loop) == 2)


@pytest.fixture(params=["asyncio.run", "by hand"])
def run(request: pytest.FixtureRequest) -> Callable[[Any], None]:
    if request.param == "asyncio.run":
        return asyncio.run

    def by_hand(main: Any) -> None:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(main)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    return by_hand


def test_nothing_outlives_a_loop(
    emulator: Emulator, run: Callable[[Any], None], caplog: pytest.LogCaptureFixture
) -> None:
    shared = aclient(emulator)

    async def main() -> None:
        await warm_up(shared)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    for _ in range(3):
        run(main())
        gc.collect()
        assert emulator.wait_until_idle()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert len(emulator.handshakes) == 9


def test_a_loop_that_ends_while_connections_are_opened(emulator: Emulator) -> None:
    emulator.script(None, faults.HangHandshake(), faults.HangHandshake())
    shared = aclient(emulator)

    async def main() -> None:
        await shared.chat("你好")
        await asyncio.to_thread(until, lambda: len(emulator.handshakes) == 3)

    asyncio.run(main())
    gc.collect()
    assert emulator.wait_until_idle()


def test_a_client_that_is_made_in_a_loop_ends_with_it(emulator: Emulator) -> None:
    async def main() -> None:
        await warm_up(aclient(emulator))

    asyncio.run(main())
    gc.collect()
    assert emulator.wait_until_idle()


def test_each_loop_has_connections_of_its_own(emulator: Emulator) -> None:
    shared = aclient(emulator)
    loops = 4

    async def main() -> None:
        await warm_up(shared)
        for _ in range(5):
            await shared.chat("你好")

    with ThreadPoolExecutor(loops) as threads:
        list(threads.map(lambda _: asyncio.run(main()), range(loops)))
    assert len({request.number for request in emulator.requests}) == 6 * loops
    assert emulator.wait_until_idle()


def test_a_loop_can_be_forgotten_before_its_client(emulator: Emulator) -> None:
    shared = aclient(emulator)
    asyncio.run(warm_up(shared))
    assert isinstance(shared._pool, AsyncPreconnectPool)
    assert shared._pool._pools._loops._by_loop == {}


def test_closing_from_another_thread(emulator: Emulator) -> None:
    shared = aclient(emulator)

    async def main() -> None:
        await warm_up(shared)
        await asyncio.to_thread(shared.close)
        assert await asyncio.to_thread(emulator.wait_until_idle)

    asyncio.run(main())


def pickled(model: Any) -> Any:
    return pickle.loads(pickle.dumps(model))  # noqa: S301 - written a moment ago


@pytest.fixture
def keys_in_environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pickle takes its keys from there."""
    for name in ("app_id", "api_key", "api_secret"):
        monkeypatch.setenv(f"SPARK_{name.upper()}", getattr(emulator.credentials, name))


@pytest.mark.usefixtures("keys_in_environment")
@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickled])
def test_a_copy_of_a_client_begins_with_none(
    emulator: Emulator, duplicate: Callable[[SparkClient], SparkClient]
) -> None:
    original = client(emulator)
    original.chat("你好")
    until(lambda: ready(original) == 2)
    other = duplicate(original)
    assert ready(other) == 0
    other.chat("你好")
    assert emulator.requests[-1].number > 3
    until(lambda: ready(other) == 2)
    other.close()
    original.chat("你好")
    assert emulator.requests[-1].number == 2
    original.close()


def ask_chat_spark(model: ChatSpark) -> None:
    model.invoke("你好")


def ask_spark_llm(model: SparkLLM) -> None:
    model.complete("你好")


Ask = Callable[[Any], None]
ADAPTERS = [(ChatSpark, ask_chat_spark), (SparkLLM, ask_spark_llm)]


def is_warm(emulator: Emulator, ask: Ask, model: Any) -> bool:
    """Whether a call went through a connection that was open before it."""
    before = len(emulator.handshakes)
    ask(model)
    return emulator.requests[-1].number <= before


@pytest.mark.usefixtures("keys_in_environment")
@pytest.mark.parametrize(("kind", "ask"), ADAPTERS)
def test_a_model_keeps_connections_for_its_next_call(
    emulator: Emulator, kind: type[ChatSpark | SparkLLM], ask: Ask
) -> None:
    model = kind(base_url=emulator.base_url, preconnect=2)
    ask(model)
    until(lambda: is_warm(emulator, ask, model))
    for other in (model.model_copy(), copy.deepcopy(model), pickled(model)):
        assert not is_warm(emulator, ask, other)
        del other
    gc.collect()
    assert is_warm(emulator, ask, model)


@pytest.mark.parametrize(("kind", "ask"), ADAPTERS)
@pytest.mark.usefixtures("keys_in_environment")
def test_a_model_that_is_forgotten_closes_its_connections(
    emulator: Emulator, kind: type[ChatSpark | SparkLLM], ask: Ask
) -> None:
    model = kind(base_url=emulator.base_url, preconnect=2)
    ask(model)
    until(lambda: emulator.open_connections == 2)
    del model
    gc.collect()
    assert emulator.wait_until_idle()
    until(lambda: not warming_threads())


@pytest.mark.usefixtures("keys_in_environment")
def test_a_changed_setting_makes_new_connections(emulator: Emulator) -> None:
    model = ChatSpark(base_url=emulator.base_url, preconnect=2)
    until(lambda: is_warm(emulator, ask_chat_spark, model))
    model.timeout = 30
    assert not is_warm(emulator, ask_chat_spark, model)
    model.preconnect = 0
    assert not is_warm(emulator, ask_chat_spark, model)
