"""What the Batch API hands out: files and batches (PROTOCOL-HTTP.md §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PRICE_CLASS = "batch"
"""The price class of what a batch answers."""
PRICE_SHARE = 0.3
"""Which part of the price of live calls that is (PROTOCOL-HTTP.md §9)."""

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
