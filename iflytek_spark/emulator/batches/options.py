"""What the Batch API of the emulator does where evidence is thin, and what goes wrong on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from iflytek_spark.errors import ConfigurationError

BatchEnd: TypeAlias = Literal["completed", "failed", "expired", "cancelled"]
"""How a batch ends."""


@dataclass(frozen=True, slots=True)
class BatchFate:
    """What becomes of one batch.

    Each "every n-th" counts rows from 1, and 0 means none.

    Attributes:
        end: how it ends. A ``failed`` one is refused as a whole, before its first row.
        after: which part of the rows is answered before it is expired or cancelled, 0 to 1.
        shuffled: whether the results stand in another order than the rows.
        missing: every n-th row has no line of results.
        repeated: every n-th row has two.
        garbled: every n-th line of results is cut in its middle.
        failing: every n-th row fails.
        code: with which code.
        never_asked: whether each row that an early end came before has a line that says so.
    """

    end: BatchEnd = "completed"
    after: float = 0.5
    shuffled: bool = False
    missing: int = 0
    repeated: int = 0
    garbled: int = 0
    failing: int = 0
    code: int = 10012
    never_asked: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no part of the rows."""
        if not 0 <= self.after <= 1:
            raise ConfigurationError(f"after is {self.after!r}, not 0 to 1")

    @property
    def stops_early(self) -> bool:
        """Whether some rows may be left."""
        return self.end in ("expired", "cancelled")


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """What the emulator's Batch API does; the documentation says none of it.

    Attributes:
        delay: seconds of its clock that a batch takes.
        speed: how many times faster than time its clock runs, more than 0. Answering takes time
            of its own, some seconds for 10,000 rows: with a very fast clock the 24 hours run out.
        fate: what becomes of batches for which nothing was scripted.
        errors: where rows that failed stand: in a file of their own, or among the answers.
        page_size: the most files or batches of a page, whatever is asked for.
        has_more: whether a page says if there are further ones.
        max_bytes: what all files together may have; an upload above it is refused.
    """

    delay: float = 0.0
    speed: float = 1.0
    fate: BatchFate = BatchFate()
    errors: Literal["own_file", "output_file"] = "own_file"
    page_size: int = 100
    has_more: bool = True
    max_bytes: int = 2_000_000_000

    def __post_init__(self) -> None:
        """Refuse a clock that does not run."""
        if not self.speed > 0 or self.delay < 0 or self.page_size < 1:
            raise ConfigurationError("speed is more than 0, delay 0 or more, page_size 1 or more")
