"""What the Batch API hands out: files, batches, and the results of rows (PROTOCOL-HTTP.md §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from iflytek_spark.errors import SparkError
from iflytek_spark.messages import ChatResponse, Usage

PRICE_CLASS = "batch"
"""The price class of what a batch answers."""
PRICE_SHARE = 0.3
"""Which part of the price of live calls that is (PROTOCOL-HTTP.md §9)."""

_NO_TOKENS = Usage(0, 0, 0)
_SUCCEEDED = "completed"
_ENDED = frozenset({_SUCCEEDED, "failed", "expired", "cancelled"})
_UNDER_WAY = frozenset({"validating", "in_progress", "finalizing", "cancelling"})


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A file that the service keeps: uploaded ones for 48 hours, results for 30 days.

    Attributes:
        id: its id.
        name: the name that it was uploaded under, or an empty string.
        purpose: ``batch`` for an input file; results may have another, or none.
        size: bytes, or None when the service does not say.
        created_at: seconds since 1970, or None.
        expires_at: the same.
    """

    id: str
    name: str = ""
    purpose: str = ""
    size: int | None = None
    created_at: int | None = None
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """How many rows a batch has, as the service counts them; None where it does not.

    Attributes:
        total: all rows.
        completed: those that are answered.
        failed: those that have failed.
    """

    total: int | None = None
    completed: int | None = None
    failed: int | None = None


@dataclass(frozen=True, slots=True)
class BatchProblem:
    """Why the service refuses an input file.

    Attributes:
        code: the service's code or word, or an empty string.
        message: its words.
        line: the line of the input file, counted from 1, or None.
    """

    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch, as the service described it at one moment.

    Attributes:
        id: its id.
        status: ``validating``, ``in_progress``, ``finalizing``, ``cancelling``, or at its end
            ``completed``, ``failed``, ``expired`` or ``cancelled``; any other word as it came.
        input_file_id: the file of its rows.
        output_file_id: the file of answers, or an empty string as long as there is none.
        error_file_id: the file of rows that failed, or an empty string.
        endpoint: where its rows go.
        completion_window: the time that the service takes at most.
        created_at: seconds since 1970, or None.
        expires_at: when the service gives up what is not done by then.
        ended_at: when it ended, however that was.
        counts: how many rows are done.
        metadata: what was handed over with it.
        problems: why its input file was refused.
    """

    id: str
    status: str
    input_file_id: str = ""
    output_file_id: str = ""
    error_file_id: str = ""
    endpoint: str = ""
    completion_window: str = ""
    created_at: int | None = None
    expires_at: int | None = None
    ended_at: int | None = None
    counts: BatchCounts = BatchCounts()
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)
    problems: tuple[BatchProblem, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen; of an unknown status, the time of an end tells."""
        if self.status in _ENDED:
            return True
        return self.status not in _UNDER_WAY and self.ended_at is not None

    @property
    def succeeded(self) -> bool:
        """Whether the service has worked through all rows; some of them may have failed."""
        return self.status == _SUCCEEDED


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """A row that was answered.

    Attributes:
        custom_id: the row's id.
        response: the answer, as a live call would have returned it.
        line: the line of the output file, counted from 1.
    """

    custom_id: str
    response: ChatResponse
    line: int


@dataclass(frozen=True, slots=True)
class BatchFailure:
    """A row that was not answered.

    Attributes:
        custom_id: the row's id.
        error: why; ``error.code`` is Spark's own code where it has sent one, and
            ``error.retryable`` tells whether the same row may succeed.
        line: the line of the file that tells it, counted from 1.
    """

    custom_id: str
    error: SparkError
    line: int

    @property
    def code(self) -> int | None:
        """Spark's own code, or None."""
        return self.error.code


@dataclass(frozen=True, slots=True)
class UnreadableLine:
    """A line of results that belongs to no row.

    Attributes:
        file_id: the file.
        line: the line, counted from 1.
        reason: what is wrong with it; it quotes nothing.
    """

    file_id: str
    line: int
    reason: str


BatchResult: TypeAlias = BatchAnswer | BatchFailure | UnreadableLine
"""What the results of a batch are made of."""


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """What became of the rows of one batch.

    Attributes:
        answered: rows with an answer.
        failed: rows with an error in place of one.
        missing: the ids of rows of which no line tells; empty when ids were not handed in.
        missing_count: how many those are: by the ids, or else by the service's own count; None
            when neither is there.
        repeated: ids that came again on a further line; their first answer counts.
        unexpected: ids that are none of those handed in; their results were handed out.
        unreadable: lines that belong to no row.
        usage: the tokens of all answers.
        unmetered: answers without token counts, which ``usage`` lacks.
        price_class: ``batch``.
        price_share: which part of the price of live calls that is.
    """

    answered: int = 0
    failed: int = 0
    missing: tuple[str, ...] = ()
    missing_count: int | None = None
    repeated: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    unreadable: tuple[UnreadableLine, ...] = ()
    usage: Usage = _NO_TOKENS
    unmetered: int = 0
    price_class: str = PRICE_CLASS
    price_share: float = PRICE_SHARE
