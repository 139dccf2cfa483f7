"""Asks rows by the vendor's Batch API: files are submitted, waited for, and collected.

What is paid for is a batch. Its file's id is in the journal before the batch is made, and the
batch is found by that file if a crash comes between its making and its id's writing down. So
no batch is submitted twice, unless the service has not yet listed it when the job goes on.
"""

from __future__ import annotations

import logging
import shutil
from collections import deque
from collections.abc import Iterator
from contextlib import closing

from iflytek_spark import (
    BadRequestError,
    InvalidRequestError,
    NotFoundError,
    Progress,
    RateLimitError,
)
from iflytek_spark.batches import (
    Batch,
    BatchRequest,
    InputFile,
    write_input_files,
)
from iflytek_spark.errors import (
    JobError,
)
from iflytek_spark.jobs.chats import ChatWork, Question
from iflytek_spark.jobs.files.tables import Row
from iflytek_spark.jobs.job import OpenJob
from iflytek_spark.jobs.journal import OPEN, Part
from iflytek_spark.jobs.results import failed
from iflytek_spark.jobs.ways.batch_way import BatchWay
from iflytek_spark.jobs.ways.collect import BatchReading

_LOG = logging.getLogger("iflytek_spark")
_TOGETHER = 500


class BatchRun:
    """What is submitted of one job, and what becomes of it."""

    def __init__(
        self, opened: OpenJob, way: BatchWay, work: ChatWork, on_progress: Progress | None
    ) -> None:
        """Set up for a job that is open."""
        self._opened, self._journal = opened, opened.journal
        self._way, self._work = way, work
        self._on_progress = on_progress

    def settle(self, *, wait: bool = True) -> None:
        """Collect what was submitted before, and drop what never was.

        Args:
            wait: whether batches are waited for that have not ended.

        Raises:
            JobError: when one was cancelled, or ended without a result.
        """
        for part in self._open_parts():
            submitted = self._found(part)
            if submitted is not None:
                self._collect(submitted, wait=wait)

    def submit(self) -> None:
        """Submit all rows that have no result, in as many files as they need.

        Rows of batches under way are left out. Where the account may have no more batches at once,
        the rest is for later.
        """
        folder = self._opened.job.output.with_name(f".{self._opened.job.output.name}.files")
        shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
        try:
            files = write_input_files(
                self._requests(), folder, model=self._way.spec, max_rows=self._way.rows
            )
            for file in files:
                self._submit(file)
                file.path.unlink()
        except RateLimitError:
            if not any(part.batch_id for part in self._open_parts()):
                raise
            _LOG.info("the account has as many batches as it may; the rest is for later")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _open_parts(self) -> list[Part]:
        return [part for part in self._journal.parts() if part.state == OPEN]

    def _requests(self) -> Iterator[BatchRequest]:
        open_parts = self._open_parts()
        for row in self._opened.todo():
            if any(part.first <= row.number <= part.last for part in open_parts):
                continue
            try:
                yield self._request(row)
            except InvalidRequestError as error:  # of a row that was an error before, or is now
                self._opened.record([failed(row.number, error, "batch")])

    def _request(self, row: Row) -> BatchRequest:
        """Return the request of a row; an answer that did not fit may have made it too long."""
        self._work.measure(row)
        question = Question(row, self._journal.refused(row.number))
        messages = self._work.request(question).messages
        problem = self._way.problem(row.number, messages)
        if problem:
            raise InvalidRequestError(problem)
        return self._way.request(str(row.number), messages)

    def _submit(self, file: InputFile) -> None:
        ids = file.ids()
        first = int(next(ids))
        last = int(next(iter(deque(ids, maxlen=1)), first))
        number = max((part.number for part in self._journal.parts()), default=0) + 1
        part = Part(number, first, last, file.rows)
        self._journal.note_part(part)
        uploaded = self._way.client.upload_file(file)
        part = part._replace(file_id=uploaded.id)
        self._journal.note_part(part)
        self._make(part)

    def _make(self, part: Part) -> Part:
        batch = self._way.client.create_batch(part.file_id or "", metadata=_metadata(part))
        part = part._replace(batch_id=batch.id)
        self._journal.note_part(part)
        _LOG.info("rows %d to %d are the batch %s", part.first, part.last, batch.id)
        return part

    def _found(self, part: Part) -> Part | None:
        """Return a part with its batch; one that a crash has left without gets it now."""
        if part.batch_id is not None:
            return part
        if part.file_id is None:
            self._journal.drop_part(part)
            return None
        with closing(self._way.client.list_batches()) as batches:
            made = next((each for each in batches if each.input_file_id == part.file_id), None)
        if made is not None:
            part = part._replace(batch_id=made.id)
            self._journal.note_part(part)
            return part
        try:
            return self._make(part)
        except (NotFoundError, BadRequestError):  # the service keeps files for two days
            self._journal.drop_part(part)
            return None

    def _collect(self, part: Part, *, wait: bool) -> None:
        """Write down the results of a batch, if it has ended."""
        client, name = self._way.client, part.batch_id or ""
        if wait:
            batch = client.wait(name, interval=self._way.interval, on_progress=self._report)
        else:
            batch = client.get_batch(name)
        if not batch.ended:
            return
        before = self._opened.done
        reading = BatchReading(self._opened, self._way, part)
        reading.read(batch)
        if batch.status == "cancelled":
            raise JobError(
                f"the batch {batch.id} (rows {part.first} to {part.last}) was cancelled",
                hint="what it had answered is kept; run the same job again to ask the rest",
            )
        if self._opened.done == before and not reading.refused:
            raise _without_results(part, batch)

    def _report(self, batch: Batch) -> None:
        if self._on_progress is not None:
            answered = self._opened.done + (batch.counts.completed or 0)
            rows = self._opened.found.rows
            self._on_progress(min(answered, rows), rows)


def _metadata(part: Part) -> dict[str, str]:
    return {"job": "iflytek-spark", "part": str(part.number)}


def _without_results(part: Part, batch: Batch) -> JobError:
    reasons = "; ".join(problem.message for problem in batch.problems[:3])
    return JobError(
        f"the batch {batch.id} (rows {part.first} to {part.last}) ended as {batch.status} without "
        f"a result{': ' if reasons else ''}{reasons}",
        hint='run the same job again, or finish it with via="live"',
    )
