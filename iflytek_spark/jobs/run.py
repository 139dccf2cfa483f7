"""Carries a job out: plans it, asks by the way that was chosen, and writes the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from iflytek_spark import Progress, SparkClient
from iflytek_spark.jobs.job import Job, OpenJob
from iflytek_spark.jobs.planner import BatchTerms, LiveTerms, Plan, Survey, plan_job
from iflytek_spark.jobs.results import Result, Totals, Via
from iflytek_spark.jobs.ways.batch import BatchRun
from iflytek_spark.jobs.ways.live import Item, LiveRun

T = TypeVar("T", bound=Item)


@dataclass(frozen=True, slots=True)
class JobResult:
    """What a finished job has come to.

    Attributes:
        output: the file; each id stands in it once, in the order of the input.
        rows: how many rows it has.
        errors: how many of them are errors; ``error_code`` and ``error_message`` say which.
        input_tokens: what the service counted; 0 where it did not say.
        output_tokens: likewise.
        batch_tokens: those of both that were asked by batch, at its lower price.
        asked: rows that were asked by this run; 0 of a job that was finished before.
        paid_twice: rows that a crash could have you pay for a second time, at most.
    """

    output: Path
    rows: int
    errors: int
    input_tokens: int
    output_tokens: int
    batch_tokens: int
    asked: int
    paid_twice: int


@dataclass(frozen=True)
class Run(Generic[T]):
    """A job, and the ways in which its rows can be asked.

    Attributes:
        job: the job.
        client: who asks.
        via: the way that the caller wants.
        live: what the live way may do.
        items: makes items of the rows that are to be asked.
        ask: asks about an item.
        batch: what the Batch API takes.
        by_batch: begins with it; None where that way is closed.
        close: closes the clients that were made for this job.
        max_output_tokens: the longest answer, for the plan.
        retry_errors: whether rows that ended as errors are asked again.
        on_progress: is called with how many rows are done, and how many there are.
    """

    job: Job
    client: SparkClient
    via: Via
    live: LiveTerms
    items: Callable[[OpenJob], Iterator[T]]
    ask: Callable[[SparkClient, T], list[Result]]
    batch: BatchTerms
    close: Callable[[], object]
    by_batch: Callable[[OpenJob], BatchRun] | None = None
    max_output_tokens: int | None = None
    retry_errors: bool = False
    on_progress: Progress | None = None
    on_plan: Callable[[Plan], object] | None = None

    def plan(self) -> Plan:
        """Return the plan; nothing is asked, and nothing written."""
        with closing(self):
            return self._plan(self.job.survey())

    def run(self) -> JobResult:
        """Do what is left to do, and write the output."""
        with closing(self), self.job.open(self._plan) as opened:
            if self.retry_errors:
                opened.forget_errors()
            before, found = opened.done, self._plan(opened.survey)
            if self.on_plan is not None:
                self.on_plan(found)
            self._work(opened)
            return self._result(opened.finish(), opened.done - before, found.paid_twice)

    def fetch(self) -> bool:
        """Collect the batches that have ended, and write the output if every row has a result.

        Returns:
            Whether it was written.
        """
        with closing(self), self.job.open(self._plan) as opened:
            if self.by_batch is not None:
                self.by_batch(opened).settle(wait=False)
            complete = opened.done == opened.found.rows
            if complete:
                opened.finish()
            return complete

    def _plan(self, survey: Survey) -> Plan:
        return plan_job(
            survey, self.via, self.live, self.batch, max_output_tokens=self.max_output_tokens
        )

    def _work(self, opened: OpenJob) -> None:
        """Ask until every row has a result: what a batch leaves undone is planned anew."""
        submitted = None if self.by_batch is None else self.by_batch(opened)
        if submitted is not None:
            submitted.settle(wait=False)
        while opened.done < opened.found.rows:
            by_batch = submitted is not None and self._plan(opened.survey).via == "batch"
            if submitted is not None:
                if by_batch:
                    submitted.submit()
                submitted.settle()
            if not by_batch:
                self._ask(opened)

    def _ask(self, opened: OpenJob) -> None:
        """Ask about what has no result, by calls of their own."""

        def record(results: Sequence[Result]) -> None:
            opened.record(results)
            if self.on_progress is not None:
                self.on_progress(opened.done, opened.found.rows)

        run = LiveRun(partial(self.ask, self.client), record, self.live.concurrency)
        run.run(self.items(opened))

    def _result(self, totals: Totals, asked: int, paid_twice: int) -> JobResult:
        return JobResult(
            self.job.output,
            rows=totals.done,
            errors=totals.errors,
            input_tokens=totals.input_tokens,
            output_tokens=totals.output_tokens,
            batch_tokens=totals.batch_tokens,
            asked=asked,
            paid_twice=paid_twice,
        )
