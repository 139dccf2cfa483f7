"""Asks rows by the vendor's Batch API: files are submitted, waited for, and collected.

What is paid for is a batch. Its file's id is in the journal before the batch is made, and the
batch is found by that file if a crash comes between its making and its id's writing down. So
no batch is submitted twice, unless the service has not yet listed it when the job goes on.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from iflytek_spark import (
    BadRequestError,
    ChatOptions,
    ChatResponse,
    InvalidRequestError,
    Message,
    ModelSpec,
    NotFoundError,
    Progress,
    RateLimitError,
    SparkClient,
    SparkError,
)
from iflytek_spark.batches import (
    MAX_BODY_BYTES,
    MAX_LINES,
    Batch,
    BatchAnswer,
    BatchClient,
    BatchFailure,
    BatchRequest,
    InputFile,
    batch_model,
    write_input_files,
)
from iflytek_spark.batches.rows import write_line
from iflytek_spark.errors import (
    ConfigurationError,
    InvalidResponseError,
    InvalidRowError,
    JobError,
)
from iflytek_spark.jobs.chats import ChatWork, Question
from iflytek_spark.jobs.job import OpenJob
from iflytek_spark.jobs.journal import OPEN, Part
from iflytek_spark.jobs.options import LabelOptions
from iflytek_spark.jobs.results import Result, failed
from iflytek_spark.jobs.tasks import Task
from iflytek_spark.jobs.ways.live import of_the_account

_LOG = logging.getLogger("iflytek_spark")
_TOGETHER = 500


@dataclass(frozen=True)
class BatchWay:
    """What the Batch API is asked with.

    Attributes:
        client: who asks.
        spec: the model, as the Batch API reaches it.
        options: of each row.
        task: what answers come to.
        rows: the most rows of a batch.
        interval: seconds between two questions after a batch.
    """

    client: BatchClient
    spec: ModelSpec
    options: ChatOptions
    task: Task
    rows: int = MAX_LINES
    interval: float = 30.0

    def problem(self, row: int, messages: list[Message]) -> str:
        """Say why a conversation cannot go by batch, or return an empty string."""
        if len(messages) == 1 and self._is_short(messages[0].text):
            return ""
        try:
            write_line(row, self.request(str(row), messages), self.spec)
        except InvalidRowError as error:
            return error.message
        return ""

    def _is_short(self, text: str) -> bool:
        """Return whether a prompt is so short that its line need not be written to know it."""
        return (
            self._around + 2 * len(json.dumps(text, ensure_ascii=False).encode()) < MAX_BODY_BYTES
        )

    @cached_property
    def _around(self) -> int:
        return len(write_line(1, self.request("1"), self.spec).data)

    def request(self, custom_id: str, messages: str | list[Message] = "?") -> BatchRequest:
        """Return the request of a row. Its answer is read by its options, not by what was asked."""
        return BatchRequest(custom_id, messages, self.options)


def batch_way(
    client: SparkClient, spec: ModelSpec, chat: ChatOptions, task: Task, options: LabelOptions
) -> tuple[BatchWay | None, str]:
    """Find out whether a job can go by batch: with what, else why not."""
    try:
        row = batch_model(spec)
        asks = BatchClient(
            client.credentials,
            base_url=client.endpoint.base_url,
            proxy=client.route.proxy,
            ssl_context=client.route.ssl_context,
        )
    except (InvalidRequestError, ConfigurationError) as error:
        return None, error.message
    rows, interval = options.get("batch_rows", MAX_LINES), options.get("interval", 30.0)
    return BatchWay(asks, row, chat, task, rows, interval), ""


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
            question = Question(row, self._journal.refused(row.number))
            messages = self._work.request(question).messages
            problem = self._way.problem(row.number, messages)
            if problem:  # an answer that did not fit has made it too long
                error = InvalidRequestError(problem)
                self._opened.record([failed(row.number, error, "batch")])
            else:
                yield self._way.request(str(row.number), messages)

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
        for batch in self._way.client.list_batches():
            if batch.input_file_id == part.file_id:
                part = part._replace(batch_id=batch.id)
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
        reading = _Reading(self._opened, self._way, part)
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


class _Reading:
    """The results of one batch on their way into the journal."""

    def __init__(self, opened: OpenJob, way: BatchWay, part: Part) -> None:
        self._opened, self._way, self._part = opened, way, part
        self._results: list[Result] = []
        self._answers: dict[int, str] = {}
        self.refused = 0

    def read(self, batch: Batch) -> None:
        """Read all of them. What a crash leaves undone is read again, and is the same."""
        requests = self._way.request
        results = self._way.client.results(batch, requests=requests, model=self._way.spec)
        for result in results:
            match result:
                case BatchAnswer(custom_id, response):
                    self._answered(self._row(custom_id), response)
                case BatchFailure(custom_id, error):
                    self._failed(self._row(custom_id), error)
                case _:
                    _LOG.warning("batch %s: a line cannot be read: %s", batch.id, result.reason)
            if len(self._results) + len(self._answers) >= _TOGETHER:
                self._flush(None)
        self._flush(self._part._replace(state=batch.status))

    def _row(self, custom_id: str) -> int | None:
        row = int(custom_id) if custom_id.isdecimal() else 0
        if self._part.first <= row <= self._part.last:
            return row
        _LOG.warning("part %d has the result of a row that it has not", self._part.number)
        return None

    def _answered(self, row: int | None, response: ChatResponse) -> None:
        if row is None:
            return
        usage = response.usage
        counts = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
        try:
            result = Result(row, self._way.task.output(response))
        except InvalidResponseError as error:
            if self._opened.journal.refused(row, self._part.number) is None:
                self._answers[row] = response.text
                self.refused += 1
                return
            result = failed(row, error)
        reason = response.finish_reason
        self._results.append(Result(*result[:4], reason, *counts, "batch"))

    def _failed(self, row: int | None, error: SparkError) -> None:
        """Let a row end as an error, unless the same row may succeed: then it is asked again."""
        if row is not None and not (error.retryable or of_the_account(error)):
            self._results.append(failed(row, error, "batch"))

    def _flush(self, part: Part | None) -> None:
        self._opened.journal.refuse(self._answers, self._part.number)
        self._opened.record(self._results, part)
        self._results, self._answers = [], {}


def _metadata(part: Part) -> dict[str, str]:
    return {"job": "iflytek-spark", "part": str(part.number)}


def _without_results(part: Part, batch: Batch) -> JobError:
    reasons = "; ".join(problem.message for problem in batch.problems[:3])
    return JobError(
        f"the batch {batch.id} (rows {part.first} to {part.last}) ended as {batch.status} without "
        f"a result{': ' if reasons else ''}{reasons}",
        hint='run the same job again, or finish it with via="live"',
    )
