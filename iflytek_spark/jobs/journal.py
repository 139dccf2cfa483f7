"""What a job has done so far, in one SQLite file beside its output; it survives any crash.

A result is in the journal before its row counts as done, so that a crash loses the rows under way
and no others. The output is written from here, once, when every row has a result.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple, Self

from iflytek_spark.errors import JobError
from iflytek_spark.jobs.results import Result, Totals, pack, unpack

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS results (
    row INTEGER PRIMARY KEY, output, error_code TEXT, error_message TEXT, finish_reason TEXT,
    input_tokens INTEGER, output_tokens INTEGER, way TEXT
);
CREATE TABLE IF NOT EXISTS refused (
    row INTEGER PRIMARY KEY, answer TEXT NOT NULL, part INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS parts (
    number INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,
    lines INTEGER NOT NULL, file_id TEXT, batch_id TEXT, state TEXT NOT NULL
);
"""

_INSERT = "INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_TOTALS = """
SELECT count(*), count(error_code), total(input_tokens), total(output_tokens),
    total(CASE way WHEN 'batch' THEN input_tokens + output_tokens END)
FROM results
"""
OPEN = "open"
"""The state of a part whose results are not in the journal yet."""
_NO_PART = 2**62
_MAX_COUNT = 2**40
"""Of tokens of a row: a column, and the sum of all rows, must hold what a service counts."""
_FETCHED = 200
_BUSY_SECONDS = 5.0


class Part(NamedTuple):
    """The rows of one file of the Batch API: those of a range that had no result.

    Attributes:
        number: which part, counted from 1.
        first: the first row of the range.
        last: the last one.
        lines: how many of them are in the file.
        file_id: the uploaded file, or None before.
        batch_id: the batch, or None before it was made.
        state: :data:`OPEN` until its results are in the journal, then how it ended.
    """

    number: int
    first: int
    last: int
    lines: int
    file_id: str | None = None
    batch_id: str | None = None
    state: str = OPEN


def journal_path(output: Path) -> Path:
    """Return where the journal of an output is."""
    return output.with_name(f"{output.name}.journal")


class Journal:
    """A job's journal. One thread of one process at a time writes it; others may read."""

    def __init__(self, path: Path, *, alone: bool = True) -> None:
        """Open a journal, or begin one.

        Args:
            path: its file; see :func:`journal_path`.
            alone: whether nobody else may work on the job meanwhile; False only reads.

        Raises:
            JobError: when it cannot be used, or another process works on the job.
        """
        self._path = path
        with self._explained(), ExitStack() as opened:
            self._lock = _Lock(path) if alone else None
            if self._lock is not None:
                opened.callback(self._lock.release)
            self._base = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            opened.callback(self._base.close)
            # What is paid for must outlive a crash of the machine too: FULL, also in the WAL.
            self._base.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
            self._base.executescript(_TABLES)
            opened.pop_all()
        self._closed = False

    def close(self) -> None:
        """Close the file; another process may work on the job then. Twice does nothing."""
        if self._closed:
            return
        self._closed = True
        self._base.close()
        if self._lock is not None:
            self._lock.release()

    @property
    def crashed(self) -> bool:
        """Whether the process that worked on the job before has died amid it."""
        return self._lock is not None and self._lock.left_behind

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def facts(self) -> dict[str, str]:
        """Return what was noted about the job as a whole."""
        with self._explained():
            return dict(self._base.execute("SELECT name, value FROM facts"))

    def note(self, facts: Mapping[str, str]) -> None:
        """Note something about the job as a whole."""
        with self._writing():
            self._base.executemany("REPLACE INTO facts VALUES (?, ?)", facts.items())

    def record(self, results: Iterable[Result], part: Part | None = None) -> int:
        """Write results down; the first of a row stays. What was refused of them is forgotten.

        Args:
            results: any number, in one transaction.
            part: the part that they end, if they do.

        Returns:
            How many of them are new.
        """
        before = self._base.total_changes
        with self._writing():
            stored = list(map(_stored, results))
            self._base.executemany(_INSERT, stored)
            new = self._base.total_changes - before
            self._base.executemany("DELETE FROM refused WHERE row = ?", [row[:1] for row in stored])
            if part is not None:
                self._write_part(part)
        return new

    def refuse(self, answers: Mapping[int, str], part: int) -> None:
        """Note answers of a part that do not fit; their rows are asked again, with them in view."""
        with self._writing():
            rows = [(row, answer, part) for row, answer in answers.items()]
            self._base.executemany("REPLACE INTO refused VALUES (?, ?, ?)", rows)

    def refused(self, row: int, before: int = _NO_PART) -> str | None:
        """Return the answer of a row that did not fit, or None.

        Args:
            row: the row.
            before: only an answer of an earlier part than this.
        """
        with self._explained():
            query = "SELECT answer FROM refused WHERE row = ? AND part < ?"
            return next((answer for (answer,) in self._base.execute(query, (row, before))), None)

    def done(self, first: int, last: int) -> set[int]:
        """Return the rows of a range that have a result."""
        with self._explained():
            query = "SELECT row FROM results WHERE row BETWEEN ? AND ?"
            return {row for (row,) in self._base.execute(query, (first, last))}

    def results(self) -> Iterator[Result]:
        """Yield all results, in the order of the rows."""
        with self._explained():
            found = self._base.execute("SELECT * FROM results ORDER BY row")
            while rows := found.fetchmany(_FETCHED):
                for row, output, code, message, *others in rows:
                    yield Result(row, unpack(output), code or "", message or "", *others)

    def totals(self) -> Totals:
        """Add up what has been done."""
        with self._explained():
            return Totals(*map(int, self._base.execute(_TOTALS).fetchone()))

    def clear(self) -> None:
        """Take all results back."""
        with self._writing():
            self._base.execute("DELETE FROM results")

    def remove(self) -> None:
        """Remove the file; the journal must not be used any more."""
        self.close()
        for suffix in ("", "-wal", "-shm", ".lock"):
            self._path.with_name(f"{self._path.name}{suffix}").unlink(missing_ok=True)

    def forget_errors(self) -> None:
        """Take the results back that are errors, so that their rows are asked again."""
        with self._writing():
            self._base.execute("DELETE FROM results WHERE error_code IS NOT NULL")
            self._base.execute("DELETE FROM facts WHERE name = 'finished'")

    def parts(self) -> list[Part]:
        """Return the parts that were handed to the Batch API, in their order."""
        with self._explained():
            return [Part(*row) for row in self._base.execute("SELECT * FROM parts ORDER BY number")]

    def drop_part(self, part: Part) -> None:
        """Forget a part that was never submitted."""
        with self._writing():
            self._base.execute("DELETE FROM parts WHERE number = ?", (part.number,))

    def note_part(self, part: Part) -> None:
        """Write a part down, new or changed."""
        with self._writing():
            self._write_part(part)

    def _write_part(self, part: Part) -> None:
        self._base.execute("REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)", part)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._explained():
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._base.commit()
            finally:
                if self._base.in_transaction:
                    self._base.rollback()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise JobError(
                f"the journal {self._path} cannot be used: {error}",
                hint="what it holds is kept; mend that and run the same job again",
            ) from error


def _stored(result: Result) -> tuple[object, ...]:
    row, output, code, message, reason, *counts, way = result
    bounded = [max(0, min(int(count), _MAX_COUNT)) for count in counts]
    return (row, pack(output), code or None, message or None, reason, *bounded, way)


class _Lock:
    """Keeps a second process from the same job; the system takes it back from a dead one.

    Attributes:
        left_behind: whether a process has died that held it.
    """

    def __init__(self, journal: Path) -> None:
        self._path = path = journal.with_name(f"{journal.name}.lock")
        self.left_behind = path.exists()
        path.touch()
        wanted = path.stat().st_ino
        self._base = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            self._base.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            self._base.close()
            raise _in_use(journal) from error
        if not path.exists() or path.stat().st_ino != wanted:  # removed by who held it until now
            self._base.close()
            raise _in_use(journal)

    def release(self) -> None:
        """Let others in."""
        self._path.unlink(missing_ok=True)
        self._base.close()


def _in_use(journal: Path) -> JobError:
    return JobError(
        f"another process is at work on the job of {journal}",
        hint="wait for it, or end it",
    )
