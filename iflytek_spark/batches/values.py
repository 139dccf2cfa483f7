"""What becomes of the rows of a batch, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from iflytek_spark.errors import SparkError
from iflytek_spark.messages import ChatResponse, Usage
from iflytek_spark.models.batches import PRICE_CLASS, PRICE_SHARE

_NO_TOKENS = Usage(0, 0, 0)


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
