"""The results of a batch as users hold them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import aclosing, closing

from iflytek_spark.batches.client_base import result_files
from iflytek_spark.batches.results import ResultJoiner
from iflytek_spark.batches.values import BatchResult, BatchSummary
from iflytek_spark.models.batches import Batch


class BatchResults:
    """The results of a batch, to be iterated over once.

    Attributes:
        batch: the batch.
    """

    def __init__(
        self,
        batch: Batch,
        joiner: ResultJoiner,
        lines: Callable[[str], Generator[bytes, None, None]],
    ) -> None:
        """Read nothing yet; :meth:`BatchClient.results` does this."""
        self.batch = batch
        self._joiner = joiner
        self._lines = lines
        self._results = self._read()

    def __iter__(self) -> Iterator[BatchResult]:
        return self._results

    def summary(self) -> BatchSummary:
        """Read what is left, and return what has become of all rows."""
        for _ in self._results:
            pass
        return self._joiner.summary()

    def close(self) -> None:
        """Read no more; the connection is closed at once."""
        self._results.close()

    def _read(self) -> Generator[BatchResult, None, None]:
        for file_id in result_files(self.batch):
            with closing(self._lines(file_id)) as lines:
                for number, line in enumerate(lines, 1):
                    yield from self._joiner.add(file_id, number, line)
        yield from self._joiner.end()


class AsyncBatchResults:
    """The results of a batch; see :class:`BatchResults`."""

    def __init__(
        self,
        batch: Batch,
        joiner: ResultJoiner,
        lines: Callable[[str], AsyncGenerator[bytes, None]],
    ) -> None:
        """Read nothing yet; :meth:`AsyncBatchClient.results` does this."""
        self.batch = batch
        self._joiner = joiner
        self._lines = lines
        self._results = self._read()

    def __aiter__(self) -> AsyncIterator[BatchResult]:
        return self._results

    async def summary(self) -> BatchSummary:
        """Read what is left, and return what has become of all rows."""
        async for _ in self._results:
            pass
        return self._joiner.summary()

    async def aclose(self) -> None:
        """Read no more; the connection is closed at once."""
        await self._results.aclose()

    async def _read(self) -> AsyncGenerator[BatchResult, None]:
        for file_id in result_files(self.batch):
            number = 0
            async with aclosing(self._lines(file_id)) as lines:
                async for line in lines:
                    number += 1
                    for result in self._joiner.add(file_id, number, line):
                        yield result
        for failure in self._joiner.end():
            yield failure
