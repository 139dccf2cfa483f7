"""Looks at every row before anything is sent: its id, its text, its length."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, TypeAlias

from iflytek_spark.errors import JobError, SparkError
from iflytek_spark.jobs.tables import Row, read_rows, refuse_row

_ID_BYTES = 16
"""Of a hash that stands for an id while ids are compared: of 10 million none is like another."""
_TOGETHER = 1_000
_TOO_WIDE = 2**63
_DOUBLED = """
SELECT min(row), max(row) FROM (SELECT * FROM ids ORDER BY id, row)
GROUP BY id HAVING count(*) > 1 LIMIT 1
"""


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
        last: the number of the last one.
        tokens: what the model reads of all of them, as estimated.
        obstacle: why the first of them that cannot go by batch cannot, or an empty string.
        whole_ids: whether each id is a whole number of 64 bits.
        bad: rows that cannot be asked.
    """

    rows: int = 0
    last: int = 0
    tokens: int = 0
    obstacle: str = ""
    whole_ids: bool = True
    bad: int = 0


OnBad: TypeAlias = Callable[[Row, SparkError], object]
"""Is handed a row that cannot be asked, and why."""


def scan(
    path: Path,
    id_column: str,
    measure: Callable[[Mapping[str, object]], Measure],
    on_bad: OnBad | None = None,
) -> Scan:
    """Look at every row. Memory stays flat, however many there are.

    Args:
        path: the input.
        id_column: the column of the ids.
        measure: measures a row's columns, and raises a SparkError for a row that cannot be asked.
        on_bad: is handed rows that cannot be asked; by default the first of them ends the scan.

    Raises:
        JobError: for a file that cannot be read, an id that is missing, no id or doubled, and a
            row that cannot be asked; it names the row.
    """
    found = Scan()
    with closing(_Ids(path)) as ids:
        for row in read_rows(path):
            name = id_of(path, row, id_column)
            ids.add(row.number, name)
            size = _measured(path, row, measure, on_bad)
            found = _with(found, row.number, size, name)
        ids.check()
    if not found.rows:
        raise JobError(f"{path} has no rows")
    return found


def _measured(
    path: Path,
    row: Row,
    measure: Callable[[Mapping[str, object]], Measure],
    on_bad: OnBad | None,
) -> Measure:
    try:
        return measure(row.fields)
    except SparkError as error:
        if on_bad is None:
            refuse_row(path, row.number, str(error))
        on_bad(row, error)
        return _BAD


def _with(found: Scan, number: int, size: Measure, name: str | int) -> Scan:
    return Scan(
        rows=found.rows + 1,
        last=number,
        tokens=found.tokens + max(size.tokens, 0),
        obstacle=found.obstacle or (size.obstacle and f"row {number}: {size.obstacle}"),
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
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise JobError(f"{path} cannot be read: {error.strerror or error}") from error


class _Ids:
    """All ids, in a temporary file; each may stand there once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._base = sqlite3.connect("", isolation_level=None)  # the system deletes it
        self._base.executescript("CREATE TABLE ids (id BLOB, row INTEGER); BEGIN;")
        self._new: list[tuple[bytes, int]] = []

    def close(self) -> None:
        self._base.close()

    def add(self, row: int, value: str | int) -> None:
        data = str(value).encode("utf-8", "surrogatepass")
        self._new.append((hashlib.blake2b(data, digest_size=_ID_BYTES).digest(), row))
        if len(self._new) >= _TOGETHER:
            self._flush()

    def check(self) -> None:
        """Raise a JobError for an id that stands there twice."""
        self._flush()
        for first, second in self._base.execute(_DOUBLED):
            refuse_row(self._path, second, f"it has the id of row {first}")

    def _flush(self) -> None:
        self._base.executemany("INSERT INTO ids VALUES (?, ?)", self._new)
        self._new.clear()


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
