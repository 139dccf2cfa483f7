"""What a job is going to cost, said before anything is spent; pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from iflytek_spark.batches import PRICE_SHARE
from iflytek_spark.errors import JobError
from iflytek_spark.jobs.results import Via, Way
from iflytek_spark.rates import Limit

BATCH_HOURS = 24.0
"""Within which the vendor has a file's results (PROTOCOL-HTTP.md §9)."""
SHORT_HOURS = 1.0
"""A live job that is done within it is not worth a day's wait."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of a job's rows once each has been looked at.

    Attributes:
        rows: all rows of the input.
        todo: those without a result.
        bad: those that cannot be asked, and become errors without a call.
        tokens: what the model reads of all rows, as estimated.
        obstacle: why one of them cannot go by batch, or an empty string.
    """

    rows: int
    todo: int
    bad: int = 0
    tokens: int = 0
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class BatchTerms:
    """What the Batch API takes (PROTOCOL-HTTP.md §9).

    Attributes:
        lines: the most of a file.
        obstacle: why the job cannot go this way at all, or an empty string.
    """

    lines: int
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class LiveTerms:
    """What the live way may ask.

    Attributes:
        limit: what the account may ask in a second; None where it is not known here.
        concurrency: calls at once.
        rows: rows that one call asks about.
    """

    limit: Limit | None
    concurrency: int
    rows: int = 1

    def hours(self, rows: int) -> float | None:
        """Return how long so many rows take at the least; None where no rate is known."""
        if self.limit is None or not self.limit.interval:
            return None
        return -(-rows // self.rows) * self.limit.interval / 3600


@dataclass(frozen=True, slots=True)
class Plan:
    """What a job is going to do.

    Attributes:
        rows: all rows of the input.
        todo: rows that are going to be asked.
        bad: rows that cannot be asked and become errors, without a call.
        input_tokens: what the model is going to read, **an estimate**: Spark counts in its own way.
        max_output_tokens: what it may answer at the most, or None where ``max_tokens`` is not set.
        via: the way that was chosen.
        reason: why.
        hours_live: the time at the account's rate; None where no rate is known.
        hours_batch: within which the vendor has a file's results; None where this way is closed.
        files: how many files that would be.
        price: what a token costs, as a part of its live price.
        paid_twice: rows that a crash may have you pay for a second time, at most.
    """

    rows: int
    todo: int
    bad: int
    input_tokens: int
    max_output_tokens: int | None
    via: Way
    reason: str
    hours_live: float | None
    hours_batch: float | None
    files: int
    price: float
    paid_twice: int

    def __str__(self) -> str:
        """Return the plan in a few lines."""
        most = "" if self.max_output_tokens is None else f", at most {self.max_output_tokens:,} out"
        bad = f", and {self.bad:,} that cannot be asked" if self.bad else ""
        batch = "not possible"
        if self.hours_batch is not None:
            batch = f"{_hours(self.hours_batch)} a file, {self.files:,} files"
        live = "not known: there is no rate"
        if self.hours_live is not None:
            live = f"at least {_hours(self.hours_live)}"
        lines = (
            f"rows      {self.todo:,} to do of {self.rows:,}{bad}",
            f"tokens    about {self.input_tokens:,} in{most} (estimated)",
            f"live      {live}, at the full price",
            f"batch     {batch}, at {PRICE_SHARE:.0%} of the price",
            f"chosen    {self.via}: {self.reason}",
            f"a crash   has at most {self.paid_twice:,} rows paid twice",
        )
        return "\n".join(lines)


def plan_job(
    survey: Survey,
    via: Via,
    live: LiveTerms,
    batch: BatchTerms,
    *,
    max_output_tokens: int | None = None,
) -> Plan:
    """Choose a way, and say what it takes.

    Args:
        survey: the rows.
        via: what the caller wants.
        live: what a live job may do.
        batch: what the Batch API takes.
        max_output_tokens: the longest answer to one row, or None.

    Raises:
        JobError: for ``via="batch"`` where that way is closed.
    """
    hours = live.hours(survey.todo)
    obstacle = batch.obstacle or survey.obstacle
    way, reason = _choice(via, hours, obstacle)
    share = survey.todo / survey.rows if survey.rows else 0
    return Plan(
        rows=survey.rows,
        todo=survey.todo,
        bad=survey.bad,
        input_tokens=round(survey.tokens * share),
        max_output_tokens=max_output_tokens and max_output_tokens * survey.todo,
        via=way,
        reason=reason,
        hours_live=hours,
        hours_batch=None if obstacle else BATCH_HOURS,
        files=-(-survey.todo // batch.lines),
        price=PRICE_SHARE if way == "batch" else 1.0,
        paid_twice=min(
            survey.todo, batch.lines if way == "batch" else live.concurrency * live.rows
        ),
    )


def _choice(via: Via, hours: float | None, obstacle: str) -> tuple[Way, str]:
    if via == "batch" and obstacle:
        raise JobError(f"the job cannot go by batch: {obstacle}", hint='pass via="live"')
    if via != "auto":
        return via, "as you asked"
    if obstacle:
        return "live", obstacle
    if hours is None:
        return "batch", "it is cheaper, and no rate says how long the live way takes"
    if hours <= SHORT_HOURS:
        return "live", f"it is done in {_hours(hours)}, and a batch may take {_hours(BATCH_HOURS)}"
    return "batch", f"it is cheaper, and the live way takes {_hours(hours)}"


def _hours(hours: float) -> str:
    """Write a time as a person would."""
    if hours < 1 / 60:
        return f"{hours * 3600:.0f} s"
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 72 else f"{hours / 24:.1f} days"
