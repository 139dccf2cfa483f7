"""The emulator on a thread of its own, for programs and tests without an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future

from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator import choices
from iflytek_spark.emulator.server import Emulator
from iflytek_spark.model_spec import ModelSpec


@contextlib.contextmanager
def running_emulator(
    *,
    credentials: Credentials | None = None,
    models: Iterable[ModelSpec] = (),
    host: str = "127.0.0.1",
    port: int = 0,
    ssl_context: ssl.SSLContext | None = None,
    pace: float = 0.0,
    piece: int = choices.PIECE,
    idle_timeout: float = choices.IDLE_TIMEOUT,
    max_qps: float | None = None,
    clock: Callable[[], float] = time.time,
) -> Iterator[Emulator]:
    """Run an emulator on a thread of its own.

    Args:
        credentials: what clients must sign with; made up by default.
        models: fine-tuned models to serve besides the catalogue's.
        host: the address to listen on.
        port: the port, 0 for a free one.
        ssl_context: makes it serve wss.
        pace: seconds between the frames of an answer.
        piece: characters in one frame of an answer.
        idle_timeout: seconds without a request after which a connection is dropped.
        max_qps: requests that embedding and image generation each take in any second.
        clock: gives the seconds since 1970 that dates of signatures are checked against.

    Yields:
        The emulator, listening. Its thread and all its sockets end with the block.

    Raises:
        OSError: when the address cannot be used.
    """
    emulator = Emulator(
        credentials=credentials,
        models=models,
        host=host,
        port=port,
        ssl_context=ssl_context,
        pace=pace,
        piece=piece,
        idle_timeout=idle_timeout,
        max_qps=max_qps,
        clock=clock,
    )
    with _loop_on_a_thread() as loop:
        asyncio.run_coroutine_threadsafe(emulator.start(), loop).result()
        try:
            yield emulator
        finally:
            asyncio.run_coroutine_threadsafe(emulator.stop(), loop).result()


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
