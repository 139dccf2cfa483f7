"""Carries out the flows of many texts, in the caller's thread, a few threads or a few tasks."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from queue import SimpleQueue
from typing import Generic, TypeAlias, TypeVar

from iflytek_spark.errors import InvalidRequestError, SparkError
from iflytek_spark.models.services import Progress
from iflytek_spark.protocol.steps import Flow
from iflytek_spark.streams import arun, run
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.http_async import AsyncHttpTransport
from iflytek_spark.transports.http_sync import HttpTransport

T = TypeVar("T")
Batch: TypeAlias = Sequence[str]


class Job(Generic[T]):
    """Texts in batches, and the way from a batch to its results."""

    def __init__(
        self,
        route: ConnectionOptions,
        texts: Sequence[str],
        flow: Callable[[Batch], Flow[list[T]]],
        *,
        batch_size: int,
        max_concurrency: int,
        on_progress: Progress | None = None,
    ) -> None:
        """Cut the texts into batches.

        Args:
            route: how connections are made.
            texts: any number.
            flow: starts the calls of a batch, which have a result for each text.
            batch_size: texts in a batch, 1 or more.
            max_concurrency: batches that run at once, 1 or more.
            on_progress: is called with how many texts are done, and how many there are.
        """
        starts = range(0, len(texts), batch_size)
        self.batches = [texts[start : start + batch_size] for start in starts]
        self.route = route
        self.flow = flow
        self.workers = min(max_concurrency, len(self.batches))
        self._total = len(texts)
        self._on_progress = on_progress

    def progress(self, done: int) -> None:
        """Tell how far the call is."""
        if self._on_progress is not None:
            self._on_progress(done, self._total)


def check_count(name: str, value: object) -> None:
    """Refuse what is no whole number above 0.

    Raises:
        InvalidRequestError: for such a value.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidRequestError(f"{name} is {value!r}, not 1 or more", param=name)


def run_job(job: Job[T]) -> list[T]:
    """Return a result for each text, or raise the first failure."""
    return _Threads(job).run() if job.workers > 1 else _one_by_one(job)


def _one_by_one(job: Job[T]) -> list[T]:
    """Run the batches in the caller's own thread."""
    results: list[T] = []
    with HttpTransport(job.route) as transport:
        for batch in job.batches:
            results += run(job.flow(batch), transport)
            job.progress(len(results))
    return results


class _Threads(Generic[T]):
    """A few threads that share the batches, each with a connection of its own."""

    def __init__(self, job: Job[T]) -> None:
        self._job = job
        self._transports = [HttpTransport(job.route) for _ in range(job.workers)]
        self._idle: SimpleQueue[HttpTransport] = SimpleQueue()
        self._failures: list[SparkError] = []
        for transport in self._transports:
            self._idle.put(transport)

    def run(self) -> list[T]:
        """Return all results, or raise the first failure; no thread and no socket stays."""
        with ExitStack() as sockets, ThreadPoolExecutor(self._job.workers, "spark-embed") as pool:
            for transport in self._transports:
                sockets.enter_context(transport)
            futures = [pool.submit(self._one, batch) for batch in self._job.batches]
            try:
                done = 0
                for future in as_completed(futures):
                    self._check(future)
                    done += len(future.result())
                    self._job.progress(done)
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                for transport in self._transports:
                    transport.abort()
        return [result for future in futures for result in future.result()]

    def _check(self, future: Future[list[T]]) -> None:
        """Raise what has failed: the first failure, and not what it stopped."""
        error = future.exception()
        if error is not None:
            raise self._failures[0] if self._failures else error

    def _one(self, batch: Batch) -> list[T]:
        if self._failures:
            raise CancelledError
        transport = self._idle.get()
        try:
            return run(self._job.flow(batch), transport)
        except SparkError as error:
            self._failures.append(error)
            raise
        finally:
            self._idle.put(transport)


async def arun_job(job: Job[T]) -> list[T]:
    """Return a result for each text, or raise the first failure."""
    return await _Tasks(job).run()


class _Tasks(Generic[T]):
    """A few tasks that share the batches, each with a connection of its own."""

    def __init__(self, job: Job[T]) -> None:
        self._job = job
        self._todo = deque(enumerate(job.batches))
        self._results: dict[int, list[T]] = {}
        self._done = 0

    async def run(self) -> list[T]:
        """Return all results, or raise the first failure; no task and no socket stays."""
        tasks = [asyncio.create_task(self._work()) for _ in range(self._job.workers)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        numbers = range(len(self._job.batches))
        return [result for number in numbers for result in self._results[number]]

    async def _work(self) -> None:
        async with AsyncHttpTransport(self._job.route) as transport:
            while self._todo:
                number, batch = self._todo.popleft()
                self._results[number] = await self._one(batch, transport)
                self._done += len(batch)
                self._job.progress(self._done)

    async def _one(self, batch: Batch, transport: AsyncHttpTransport) -> list[T]:
        try:
            return await arun(self._job.flow(batch), transport)
        except SparkError:
            self._todo.clear()
            raise
