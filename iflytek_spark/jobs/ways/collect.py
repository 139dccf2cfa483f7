"""The results of one batch on their way into the journal."""

from __future__ import annotations

import logging
from contextlib import closing

from iflytek_spark import ChatResponse, SparkError
from iflytek_spark.batches import Batch, BatchAnswer, BatchFailure, BatchResult
from iflytek_spark.errors import InvalidResponseError
from iflytek_spark.jobs.job import OpenJob
from iflytek_spark.jobs.journal import Part
from iflytek_spark.jobs.results import Result, failed
from iflytek_spark.jobs.ways.batch_way import BatchWay
from iflytek_spark.jobs.ways.live import of_the_account

_LOG = logging.getLogger("iflytek_spark")
_TOGETHER = 500
"""Results that are written at once."""


class BatchReading:
    """The results of one batch on their way into the journal."""

    def __init__(self, opened: OpenJob, way: BatchWay, part: Part) -> None:
        """Set up for one part.

        Args:
            opened: the job.
            way: who is asked, and what answers come to.
            part: whose results they are.
        """
        self._opened, self._way, self._part = opened, way, part
        self._results: list[Result] = []
        self._answers: dict[int, str] = {}
        self.refused = 0

    def read(self, batch: Batch) -> None:
        """Read all of them. What a crash leaves undone is read again, and is the same."""
        requests = self._way.request
        results = self._way.client.results(batch, requests=requests, model=self._way.spec)
        with closing(results):
            for result in results:
                self._take(batch, result)
                if len(self._results) + len(self._answers) >= _TOGETHER:
                    self._flush(None)
        self._flush(self._part._replace(state=batch.status))

    def _take(self, batch: Batch, result: BatchResult) -> None:
        match result:
            case BatchAnswer(custom_id, response):
                self._answered(self._row(custom_id), response)
            case BatchFailure(custom_id, error):
                self._failed(self._row(custom_id), error)
            case _:
                _LOG.warning("batch %s: a line cannot be read: %s", batch.id, result.reason)

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
