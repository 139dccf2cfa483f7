"""The emulator on a thread of its own, for programs and tests without an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import ParamSpec

from iflytek_spark.emulator.server import Emulator

P = ParamSpec("P")


def _threaded(make: Callable[P, Emulator]) -> Callable[P, AbstractContextManager[Emulator]]:
    """Say the emulator's settings once: what runs it takes what makes it."""

    @contextlib.contextmanager
    def running_emulator(*args: P.args, **settings: P.kwargs) -> Iterator[Emulator]:
        """Run an emulator on a thread of its own.

        For instance in a test::

            with running_emulator(respond=lambda request: Reply("42")) as spark:
                client = SparkClient(credentials=spark.credentials, base_url=spark.base_url)
                assert client.chat("What is six times seven?").text == "42"

        Args:
            args: nothing.
            settings: those of :class:`Emulator`, by the same names.

        Yields:
            The emulator, listening. Its thread and all its sockets end with the block.

        Raises:
            ConfigurationError: when the port is not one.
            OSError: when the address cannot be used.
            BaseException: at the end of the block, what ``respond`` has raised; so a mistake in
                it, or an ``assert`` that does not hold, ends the test, whatever the client made
                of the error frame that it got.
        """
        emulator = make(*args, **settings)
        with _loop_on_a_thread() as loop:
            asyncio.run_coroutine_threadsafe(emulator.start(), loop).result()
            try:
                yield emulator
            finally:
                asyncio.run_coroutine_threadsafe(emulator.stop(), loop).result()

    return running_emulator


running_emulator = _threaded(Emulator)


@contextlib.contextmanager
def _loop_on_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def hold() -> None:
        ending = asyncio.Event()
        ready.set_result((asyncio.get_running_loop(), ending))
        await ending.wait()

    thread = threading.Thread(
        target=lambda: asyncio.run(hold()), name="spark-emulator", daemon=True
    )
    thread.start()
    loop, ending = ready.result()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join()
