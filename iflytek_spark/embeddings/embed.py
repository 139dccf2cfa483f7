"""Vectors of many texts (PROTOCOL.md §8), for both clients: checked, paced, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import get_args

from iflytek_spark.embeddings.rate_limit import turns
from iflytek_spark.embeddings.split import embedding_flow
from iflytek_spark.errors import ContextLengthError, InvalidRequestError, SparkError
from iflytek_spark.models.services import EmbeddingKind, Progress, TooLong, Vector
from iflytek_spark.protocol.call import CallContext, call_flow
from iflytek_spark.protocol.dialects.signed_post import Embedding, TextToEmbed
from iflytek_spark.protocol.exchange import SingleExchange
from iflytek_spark.protocol.steps import Flow
from iflytek_spark.protocol.wire.embedding import DOMAINS, MAX_TOKENS
from iflytek_spark.requests.tokens import estimate_tokens
from iflytek_spark.streams import arun, run
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.http_async import AsyncHttpTransport
from iflytek_spark.transports.http_sync import HttpTransport


@dataclass(frozen=True, slots=True)
class CheckedOptions:
    """:class:`~iflytek_spark.models.services.EmbedOptions`, checked and complete."""

    kind: EmbeddingKind = "document"
    max_qps: float | None = 2.0
    max_concurrency: int = 4
    too_long: TooLong = "split"
    on_progress: Progress | None = None

    def __post_init__(self) -> None:
        """Refuse an option that has no meaning."""
        if self.kind not in DOMAINS:
            raise InvalidRequestError(f"kind is {self.kind!r}, not document or query")
        if self.too_long not in get_args(TooLong):
            raise InvalidRequestError(f"too_long is {self.too_long!r}, not split or error")
        limit = self.max_concurrency
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise InvalidRequestError(f"max_concurrency is {limit!r}, not 1 or more")


class _Job:
    """What is common to all texts of one call."""

    def __init__(
        self,
        context: CallContext,
        route: ConnectionOptions,
        texts: Sequence[str],
        options: CheckedOptions,
    ) -> None:
        _check(texts, options.too_long)
        self.texts = texts
        self.route = route
        self.workers = min(options.max_concurrency, len(texts))
        self._options = options
        api_key = context.credentials.api_key
        turn = turns(api_key, context.url, options.max_qps, context.clock)
        self._context = replace(context, turn=turn)

    def flow(self, text: str) -> Flow[Vector]:
        """Return the way from a text to its vector."""
        return embedding_flow(text, self._ask, self._options.too_long)

    def progress(self, done: int) -> None:
        """Tell how far the call is."""
        if self._options.on_progress is not None:
            self._options.on_progress(done, len(self.texts))

    def _ask(self, text: str) -> Flow[Vector]:
        asked = TextToEmbed(text, self._options.kind)
        return call_flow(self._context, SingleExchange(Embedding(), asked))


def _check(texts: Sequence[str], too_long: TooLong) -> None:
    """Refuse what the service would refuse, before anything is sent."""
    if isinstance(texts, str):
        raise InvalidRequestError("texts is one string", hint="pass a list of strings")
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise InvalidRequestError(f"texts[{index}] is a {type(text).__name__}, not a string")
        if not text.strip():
            raise InvalidRequestError(
                f"texts[{index}] is empty", hint="leave it out: Spark has no vector for it"
            )
        if not _is_unicode(text):
            raise InvalidRequestError(f"texts[{index}] holds a lone surrogate, which is no text")
        if too_long == "error" and estimate_tokens(text) > MAX_TOKENS:
            raise ContextLengthError(
                f"texts[{index}] has about {estimate_tokens(text)} tokens, and Spark takes "
                f"{MAX_TOKENS} at once",
                hint='cut it into smaller chunks, or pass too_long="split"',
            )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def embed(
    context: CallContext, route: ConnectionOptions, texts: Sequence[str], options: CheckedOptions
) -> list[Vector]:
    """Find the vectors; see :meth:`iflytek_spark.SparkClient.embed`."""
    job = _Job(context, route, texts, options)
    return _Threads(job).run() if job.workers > 1 else _one_by_one(job)


def _one_by_one(job: _Job) -> list[Vector]:
    """Find the vectors in the caller's own thread."""
    vectors = []
    with HttpTransport(job.route) as transport:
        for text in job.texts:
            vectors.append(run(job.flow(text), transport))
            job.progress(len(vectors))
    return vectors


class _Threads:
    """A few threads that share the texts, each with a connection of its own."""

    def __init__(self, job: _Job) -> None:
        self._job = job
        self._transports = [HttpTransport(job.route) for _ in range(job.workers)]
        self._idle: SimpleQueue[HttpTransport] = SimpleQueue()
        self._failures: list[SparkError] = []
        for transport in self._transports:
            self._idle.put(transport)

    def run(self) -> list[Vector]:
        """Return all vectors, or raise the first failure; no thread and no socket stays."""
        with ExitStack() as sockets, ThreadPoolExecutor(self._job.workers, "spark-embed") as pool:
            for transport in self._transports:
                sockets.enter_context(transport)
            futures = [pool.submit(self._one, text) for text in self._job.texts]
            try:
                for done, future in enumerate(as_completed(futures), 1):
                    self._check(future)
                    self._job.progress(done)
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                for transport in self._transports:
                    transport.abort()
        return [future.result() for future in futures]

    def _check(self, future: Future[Vector]) -> None:
        """Raise what has failed: the first failure, and not what it stopped."""
        error = future.exception()
        if error is not None:
            raise self._failures[0] if self._failures else error

    def _one(self, text: str) -> Vector:
        if self._failures:
            raise CancelledError
        transport = self._idle.get()
        try:
            return run(self._job.flow(text), transport)
        except SparkError as error:
            self._failures.append(error)
            raise
        finally:
            self._idle.put(transport)


async def aembed(
    context: CallContext, route: ConnectionOptions, texts: Sequence[str], options: CheckedOptions
) -> list[Vector]:
    """Find the vectors; see :meth:`iflytek_spark.SparkClient.embed`."""
    job = _Job(context, route, texts, options)
    return await _Tasks(job).run()


class _Tasks:
    """A few tasks that share the texts, each with a connection of its own."""

    def __init__(self, job: _Job) -> None:
        self._job = job
        self._todo = deque(enumerate(job.texts))
        self._vectors: dict[int, Vector] = {}

    async def run(self) -> list[Vector]:
        """Return all vectors, or raise the first failure; no task and no socket stays."""
        tasks = [asyncio.create_task(self._work()) for _ in range(self._job.workers)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return [self._vectors[index] for index in range(len(self._job.texts))]

    async def _work(self) -> None:
        async with AsyncHttpTransport(self._job.route) as transport:
            while self._todo:
                index, text = self._todo.popleft()
                self._vectors[index] = await self._one(text, transport)
                self._job.progress(len(self._vectors))

    async def _one(self, text: str, transport: AsyncHttpTransport) -> Vector:
        try:
            return await arun(self._job.flow(text), transport)
        except SparkError:
            self._todo.clear()
            raise
