"""The two clients of the Batch API, one for threads and one for event loops, over one flow."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from iflytek_spark.batches import calls
from iflytek_spark.batches.client_base import (
    BaseBatchClient,
    BatchProgress,
    check_waiting,
    id_of,
    no_progress,
    path_of,
)
from iflytek_spark.batches.input_files import InputFile
from iflytek_spark.batches.results import RequestOf
from iflytek_spark.batches.streams import AsyncBatchResults, BatchResults
from iflytek_spark.batches.transfers import download, upload
from iflytek_spark.models.batches import Batch, BatchFile
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.streams import adrive, arun, drive, run
from iflytek_spark.transports.base import AsyncTransport, Transport
from iflytek_spark.transports.opening import ASYNC, BLOCKING

_INTERVAL = 30.0


class BatchClient(BaseBatchClient[Transport]):
    """The Batch API in the caller's thread: files and batches, at 30 % of the price."""

    _kind = BLOCKING

    def upload_file(self, file: str | Path | InputFile) -> BatchFile:
        """Upload an input file, of which a block is in memory at once.

        Args:
            file: a path, or what :func:`write_input_files` gave. What it holds is not checked;
                :func:`check_input_file` does so.

        Returns:
            The file, which the service keeps for 48 hours.

        Raises:
            BatchFileError: when it cannot be read.
            SparkError: see :mod:`iflytek_spark.errors`.
        """
        return run(upload(self._context(), path_of(file)), self._transport())

    def list_files(self) -> Generator[BatchFile, None, None]:
        """Yield the account's files, page by page as they are wanted."""
        return drive(calls.list_files(self._context()), self._transport())

    def get_file(self, file: str | BatchFile) -> BatchFile:
        """Ask what a file is; a NotFoundError or BadRequestError where there is none."""
        return run(calls.get_file(self._context(), id_of(file)), self._transport())

    def file_lines(self, file: str | BatchFile) -> Generator[bytes, None, None]:
        """Yield the lines of a file as they come, without their ends.

        A connection that is lost amid the file is made again, and no line comes twice. Of a line
        above 8 MB comes as much as shows that.
        """
        return drive(download(self._context(), id_of(file)), self._transport())

    def delete_file(self, file: str | BatchFile) -> bool:
        """Delete a file, and return whether it is gone."""
        return run(calls.delete_file(self._context(), id_of(file)), self._transport())

    def create_batch(
        self, file: str | BatchFile, *, metadata: Mapping[str, str] | None = None
    ) -> Batch:
        """Make a batch of an uploaded file; the service has 24 hours for it.

        Where a failure leaves open whether the batch was made, it is looked for, so that no batch
        is paid for twice.

        Args:
            file: the file, or its id.
            metadata: short texts to find the batch by.

        Returns:
            The batch, which is usually ``validating``.
        """
        flow = calls.create_batch(self._context(), id_of(file), metadata or {})
        return run(flow, self._transport())

    def get_batch(self, batch: str | Batch) -> Batch:
        """Ask how a batch is doing."""
        return run(calls.get_batch(self._context(), id_of(batch)), self._transport())

    def list_batches(self) -> Generator[Batch, None, None]:
        """Yield the account's batches, page by page as they are wanted."""
        return drive(calls.list_batches(self._context()), self._transport())

    def cancel_batch(self, batch: str | Batch) -> Batch:
        """Cancel a batch; what is answered by then can be read, and is paid."""
        return run(calls.cancel_batch(self._context(), id_of(batch)), self._transport())

    def wait(
        self,
        batch: str | Batch,
        *,
        interval: float = _INTERVAL,
        timeout: float | None = None,
        on_progress: BatchProgress = no_progress,
    ) -> Batch:
        """Wait until a batch has ended, however that may be.

        Args:
            batch: the batch, or its id.
            interval: seconds between two questions after it, more than 0.
            timeout: seconds after which to give up; None waits as long as it takes.
            on_progress: is called with the batch after each question.

        Returns:
            The batch as it ended: see :attr:`~iflytek_spark.batches.Batch.status`.

        Raises:
            APITimeoutError: when it has not ended in time; it goes on.
            SparkError: for a failure that does not pass, or did not for twenty questions.
        """
        limit = check_waiting(interval, timeout)
        flow = calls.wait_for_batch(self._context(), id_of(batch), interval, limit, on_progress)
        return run(flow, self._transport())

    def results(
        self,
        batch: str | Batch,
        *,
        ids: Iterable[str] | InputFile | None = None,
        requests: RequestOf | None = None,
        model: str | ModelSpec | None = None,
    ) -> BatchResults:
        """Read the results of a batch that has ended: partial ones too, where it did not complete.

        Args:
            batch: the batch, or its id.
            ids: those of its rows, or its input file; so that missing rows can be named.
            requests: gives the row of an id. What this library does by itself for a live call
                (stop strings, tools under other names, JSON out of a fence) it can do for the
                answer only when it knows what was asked.
            model: the name for responses, and the model of rows that name none.

        Returns:
            The results, to be iterated over once: answers, failures, and lines that cannot be read;
            see :data:`~iflytek_spark.batches.BatchResult` and :meth:`BatchResults.summary`.

        Raises:
            InvalidRequestError: for a batch that has no results yet.
        """
        found = batch if isinstance(batch, Batch) and batch.ended else self.get_batch(batch)
        return BatchResults(found, self._joiner(found, ids, requests, model), self.file_lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncBatchClient(BaseBatchClient[AsyncTransport]):
    """The Batch API in the caller's event loop; otherwise as :class:`BatchClient`."""

    _kind = ASYNC

    async def upload_file(self, file: str | Path | InputFile) -> BatchFile:
        """Upload an input file; see :meth:`BatchClient.upload_file`."""
        return await arun(upload(self._context(), path_of(file)), self._transport())

    def list_files(self) -> AsyncGenerator[BatchFile, None]:
        """Yield the account's files; see :meth:`BatchClient.list_files`."""
        return adrive(calls.list_files(self._context()), self._transport())

    async def get_file(self, file: str | BatchFile) -> BatchFile:
        """Ask what a file is; see :meth:`BatchClient.get_file`."""
        return await arun(calls.get_file(self._context(), id_of(file)), self._transport())

    def file_lines(self, file: str | BatchFile) -> AsyncGenerator[bytes, None]:
        """Yield the lines of a file; see :meth:`BatchClient.file_lines`."""
        return adrive(download(self._context(), id_of(file)), self._transport())

    async def delete_file(self, file: str | BatchFile) -> bool:
        """Delete a file; see :meth:`BatchClient.delete_file`."""
        return await arun(calls.delete_file(self._context(), id_of(file)), self._transport())

    async def create_batch(
        self, file: str | BatchFile, *, metadata: Mapping[str, str] | None = None
    ) -> Batch:
        """Make a batch of an uploaded file; see :meth:`BatchClient.create_batch`."""
        flow = calls.create_batch(self._context(), id_of(file), metadata or {})
        return await arun(flow, self._transport())

    async def get_batch(self, batch: str | Batch) -> Batch:
        """Ask how a batch is doing."""
        return await arun(calls.get_batch(self._context(), id_of(batch)), self._transport())

    def list_batches(self) -> AsyncGenerator[Batch, None]:
        """Yield the account's batches; see :meth:`BatchClient.list_batches`."""
        return adrive(calls.list_batches(self._context()), self._transport())

    async def cancel_batch(self, batch: str | Batch) -> Batch:
        """Cancel a batch; see :meth:`BatchClient.cancel_batch`."""
        return await arun(calls.cancel_batch(self._context(), id_of(batch)), self._transport())

    async def wait(
        self,
        batch: str | Batch,
        *,
        interval: float = _INTERVAL,
        timeout: float | None = None,
        on_progress: BatchProgress = no_progress,
    ) -> Batch:
        """Wait until a batch has ended; see :meth:`BatchClient.wait`."""
        limit = check_waiting(interval, timeout)
        flow = calls.wait_for_batch(self._context(), id_of(batch), interval, limit, on_progress)
        return await arun(flow, self._transport())

    async def results(
        self,
        batch: str | Batch,
        *,
        ids: Iterable[str] | InputFile | None = None,
        requests: RequestOf | None = None,
        model: str | ModelSpec | None = None,
    ) -> AsyncBatchResults:
        """Read the results of a batch that has ended; see :meth:`BatchClient.results`."""
        found = batch if isinstance(batch, Batch) and batch.ended else await self.get_batch(batch)
        return AsyncBatchResults(found, self._joiner(found, ids, requests, model), self.file_lines)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
