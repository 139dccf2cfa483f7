"""Clients that open connections ahead, in a thread and in a loop that runs on beside the test."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import weakref
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeAlias, TypeVar

from iflytek_spark import AsyncSparkClient, Credentials, SparkClient
from iflytek_spark.emulator import Emulator
from iflytek_spark.protocol.steps import Clock
from iflytek_spark.transports.preconnect.pool_async import AsyncPreconnectPool
from iflytek_spark.transports.preconnect.pool_sync import THREAD_NAME, PreconnectPool

T = TypeVar("T")
PATIENCE = 10.0


class Hands:
    """A wall clock that is moved by hand; the monotonic one is real."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.clock = Clock(self.wall, time.monotonic, lambda: 0.0)

    def wall(self) -> float:
        return time.time() + self.ahead


def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens in another thread."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.002)


def ready(
    client: SparkClient | AsyncSparkClient, loop: asyncio.AbstractEventLoop | None = None
) -> int:
    """How many connections a client has open ahead of calls, in one loop or everywhere."""
    pool = client._pool
    if isinstance(pool, PreconnectPool):
        return pool._pool._idle.ready
    assert isinstance(pool, AsyncPreconnectPool)
    keepers = list(pool._pools._loops._by_loop.items())
    return sum(keeper._idle.ready for home, keeper in keepers if loop in (home, None))


class Warming(Protocol):
    """One client, and how to ask it from a test."""

    @property
    def client(self) -> SparkClient | AsyncSparkClient: ...

    def ask(self, prompt: str = "你好", **options: Any) -> str: ...

    def ask_all(self, prompts: list[str]) -> list[str]: ...

    def warm_up(self) -> None: ...


class SyncWarming:
    def __init__(self, spark: Emulator, settings: dict[str, Any]) -> None:
        self.client = SparkClient(**_settings(spark, settings))
        self._size = settings["preconnect"]

    def ask(self, prompt: str = "你好", **options: Any) -> str:
        return self.client.chat(prompt, **options).text

    def ask_all(self, prompts: list[str]) -> list[str]:
        with ThreadPoolExecutor(len(prompts)) as threads:
            return list(threads.map(self.ask, prompts))

    def warm_up(self) -> None:
        """Make a call, and wait until all connections are open."""
        self.ask()
        until(lambda: ready(self.client) == self._size)


class AsyncWarming:
    def __init__(self, spark: Emulator, settings: dict[str, Any], run: Run) -> None:
        self.client = AsyncSparkClient(**_settings(spark, settings))
        self._size = settings["preconnect"]
        self._run = run

    def ask(self, prompt: str = "你好", **options: Any) -> str:
        text: str = self._run(self.client.chat(prompt, **options)).text
        return text

    def ask_all(self, prompts: list[str]) -> list[str]:
        async def gather() -> list[str]:
            answers = await asyncio.gather(*map(self.client.chat, prompts))
            return [answer.text for answer in answers]

        texts: list[str] = self._run(gather())
        return texts

    def warm_up(self) -> None:
        """Make a call, and wait until all connections are open."""
        self.ask()
        until(lambda: ready(self.client) == self._size)


Run = Callable[[Coroutine[Any, Any, Any]], Any]
Make = Callable[..., Warming]
Made: TypeAlias = "weakref.WeakSet[SparkClient | AsyncSparkClient]"


@contextlib.contextmanager
def sync_world(spark: Emulator) -> Iterator[Make]:
    made: Made = weakref.WeakSet()

    def make(**settings: Any) -> SyncWarming:
        warming = SyncWarming(spark, settings)
        made.add(warming.client)
        return warming

    yield make
    _close(made)
    for thread in warming_threads():
        thread.join(PATIENCE)
        assert not thread.is_alive()


@contextlib.contextmanager
def async_world(spark: Emulator) -> Iterator[Make]:
    """A loop that runs until the end of the test, and then leaves no task."""
    loop = asyncio.new_event_loop()
    made: Made = weakref.WeakSet()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(PATIENCE)

    def make(**settings: Any) -> AsyncWarming:
        warming = AsyncWarming(spark, settings, run)
        made.add(warming.client)
        return warming

    try:
        yield make
        _close(made)
        run(loop.shutdown_asyncgens())
        run(_no_task_left())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


WORLDS: dict[str, Callable[[Emulator], contextlib.AbstractContextManager[Make]]] = {
    "sync": sync_world,
    "async": async_world,
}


def warming_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == THREAD_NAME]


def _close(made: Made) -> None:
    for client in list(made):
        client.close()


async def _no_task_left() -> None:
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


def _settings(spark: Emulator, settings: dict[str, Any]) -> dict[str, Any]:
    return {"credentials": spark.credentials, "base_url": spark.base_url, **settings}


def with_wrong_secret(spark: Emulator) -> Credentials:
    return Credentials(spark.credentials.app_id, spark.credentials.api_key, "wrong")
