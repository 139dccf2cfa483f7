"""Rows of a file, read one after another: JSON lines, CSV, or Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn, TypeAlias

from iflytek_spark.errors import JobError

JSONValue: TypeAlias = "bool | int | float | str | list[JSONValue] | dict[str, JSONValue] | None"
"""What JSON can hold."""

MAX_LINE_BYTES = 16 * 1024 * 1024
"""Of a JSON line: more is no row, but a file of another kind."""


class Row(NamedTuple):
    """A row of the input.

    Attributes:
        number: which one, counted from 1; of JSON lines the line.
        fields: its columns by name.
    """

    number: int
    fields: Mapping[str, object]


def read_rows(path: Path) -> Iterator[Row]:
    """Read the rows of a file, in their order; memory holds a few at a time.

    Args:
        path: a file that ends in ``.jsonl``, ``.csv`` or ``.parquet``; texts are UTF-8. A CSV file
            names its columns in its first line. Empty lines are passed over.

    Yields:
        The rows.

    Raises:
        JobError: for a file that cannot be read; it names the row.
    """
    reader = reader_of(path)
    with reading(path):
        yield from reader(path)


def reader_of(path: Path) -> Callable[[Path], Iterator[Row]]:
    """Find what reads a file.

    Raises:
        JobError: for another kind of file, or Parquet without pyarrow.
    """
    match kind_of(path):
        case "jsonl":
            return _json_rows
        case "csv":
            return _csv_rows
        case _:
            with needs_pyarrow():
                from iflytek_spark.jobs.files.parquet import read_parquet  # loads an extra

                return read_parquet


def kind_of(path: Path) -> str:
    """Return ``jsonl``, ``csv`` or ``parquet``, or raise a JobError."""
    kind = path.suffix.lower().removeprefix(".")
    if kind == "ndjson":
        return "jsonl"
    if kind not in ("jsonl", "csv", "parquet"):
        raise JobError(f"{path} is not a .jsonl, .csv or .parquet file")
    return kind


def refuse_row(path: Path, number: int, problem: str, hint: str = "") -> NoReturn:
    """Raise a JobError about a row."""
    error = JobError(f"{path}, row {number}: {problem}", hint=hint)
    error.row = number
    raise error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn the system's errors into this library's.

    Raises:
        JobError: for a file that cannot be read.
    """
    try:
        yield
    except OSError as error:
        raise JobError(f"{path} cannot be read: {error.strerror or error}") from error


def _json_rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                refuse_row(path, number, f"it is longer than {MAX_LINE_BYTES:,} bytes")
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if text.strip():
                yield Row(number, _json_object(path, number, text))


def _json_object(path: Path, number: int, line: bytes) -> dict[str, object]:
    try:
        value = json.loads(line.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        refuse_row(path, number, f"it is not JSON in UTF-8: {error}")
    if not isinstance(value, dict):
        refuse_row(path, number, f"it is a {type(value).__name__}, not a JSON object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _csv_rows(path: Path) -> Iterator[Row]:
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            names = _csv_names(path, next(lines, None))
            for values in filter(None, lines):
                number += 1
                if len(values) != len(names):
                    refuse_row(path, number, f"it has {len(values)} fields of {len(names)}")
                yield Row(number, dict(zip(names, values, strict=True)))
    except (csv.Error, UnicodeDecodeError) as error:
        refuse_row(path, number + 1, f"it is not CSV in UTF-8: {error}")


def _csv_names(path: Path, names: list[str] | None) -> list[str]:
    if not names:
        raise JobError(f"{path} has no first line that names its columns")
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise JobError(f"{path} has two columns of the name {doubled[0]!r}")
    return names


@contextmanager
def needs_pyarrow() -> Iterator[None]:
    """Explain the import of what reads and writes Parquet, where it fails.

    Raises:
        JobError: when pyarrow is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise JobError(
            f"Parquet needs {error.name}, which is not installed",
            hint='pip install "iflytek-spark[jobs]"',
        ) from error
