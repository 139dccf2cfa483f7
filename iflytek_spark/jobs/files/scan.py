"""Looks at every row before anything is sent: its id, its text, its length."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, TypeAlias

from iflytek_spark.batches.ids import SeenIds
from iflytek_spark.errors import JobError, SparkError
from iflytek_spark.jobs.files.tables import Row, read_rows, reading, refuse_row

_TOO_WIDE = 2**63


class Measure(NamedTuple):
    """How much a row is.

    Attributes:
        tokens: what the model reads, as estimated.
        obstacle: why it cannot go by batch, or an empty string.
    """

    tokens: int
    obstacle: str = ""


_BAD = Measure(-1)


class Scan(NamedTuple):
    """What a look at every row has found.

    Attributes:
        rows: how many there are.
        tokens: what the model reads of all of them, as estimated.
        obstacle: why the first of them that cannot go by batch cannot, or an empty string.
        whole_ids: whether each id is a whole number of 64 bits.
        bad: rows that cannot be asked.
    """

    rows: int = 0
    tokens: int = 0
    obstacle: str = ""
    whole_ids: bool = True
    bad: int = 0


OnBad: TypeAlias = Callable[[Row, SparkError], object]
"""Is handed a row that cannot be asked, and why."""


def scan(
    path: Path,
    id_column: str,
    measure: Callable[[Row], Measure],
    on_bad: OnBad | None = None,
) -> Scan:
    """Look at every row. Memory stays flat, however many there are.

    Args:
        path: the input.
        id_column: the column of the ids.
        measure: measures a row, and raises a SparkError for one that cannot be asked.
        on_bad: is handed rows that cannot be asked; by default the first of them ends the scan.

    Raises:
        JobError: for a file that cannot be read, an id that is missing, no id or doubled, and a
            row that cannot be asked; it names the row.
    """
    found = Scan()
    with closing(SeenIds()) as seen:
        for row in read_rows(path):
            name = id_of(path, row, id_column)
            if before := seen.add(ascii(str(name)), row.number):
                refuse_row(path, row.number, f"it has the id of row {before}")
            size = _measured(path, row, measure, on_bad)
            found = _with(found, size, name)
    if not found.rows:
        raise JobError(f"{path} has no rows")
    return found


def _measured(
    path: Path,
    row: Row,
    measure: Callable[[Row], Measure],
    on_bad: OnBad | None,
) -> Measure:
    try:
        return measure(row)
    except SparkError as error:
        if on_bad is None:
            refuse_row(path, row.number, str(error))
        on_bad(row, error)
        return _BAD


def _with(found: Scan, size: Measure, name: str | int) -> Scan:
    return Scan(
        rows=found.rows + 1,
        tokens=found.tokens + max(size.tokens, 0),
        obstacle=found.obstacle or size.obstacle,
        whole_ids=found.whole_ids and isinstance(name, int) and abs(name) < _TOO_WIDE,
        bad=found.bad + (size is _BAD),
    )


def id_of(path: Path, row: Row, column: str) -> str | int:
    """Return the id of a row, or raise a JobError that names it."""
    if column not in row.fields:
        names = ", ".join(row.fields)
        refuse_row(path, row.number, f"there is no column {column!r}", f"it has: {names:.200}")
    value = row.fields[column]
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        refuse_row(path, row.number, f"its id is {value!r:.80}, not a text or a whole number")
    return value


def digest(path: Path) -> str:
    """Return what changes when a file does, or raise a JobError."""
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def in_groups(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    """Group rows, so that a journal is asked once for many."""
    group: list[Row] = []
    for row in rows:
        group.append(row)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
