"""The output of a job, written as a whole: each id once, in the order of the input."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from iflytek_spark.errors import JobError
from iflytek_spark.jobs.files.scan import id_of
from iflytek_spark.jobs.files.tables import JSONValue, kind_of, needs_pyarrow, read_rows, reader_of
from iflytek_spark.jobs.journal import Journal
from iflytek_spark.jobs.results import Result

OutputKind: TypeAlias = Literal["text", "json", "vector"]
"""What an output is; CSV holds what is no text as JSON, and Parquet what is neither of the two."""
COLUMNS = ("output", "error_code", "error_message", "finish_reason")


def check_output(source: Path, output: Path) -> None:
    """Refuse an output that cannot be written, or is the input, with a JobError."""
    reader_of(output)
    if output.exists() and source.exists() and output.samefile(source):
        raise JobError(f"the output {output} is the input", hint="name another file")
    if not output.parent.is_dir():
        raise JobError(f"the output {output} is in a folder that is not there")


def write_output(source: Path, output: Path, id_column: str, journal: Journal) -> None:
    """Write all rows to a file beside the output, and put that in its place.

    A row is its id, ``output``, ``error_code``, ``error_message`` and ``finish_reason``, the
    latter four null where there is nothing to say.

    Args:
        source: the input.
        output: where the rows go, as JSON lines, CSV or Parquet.
        id_column: the column of the ids, in both.
        journal: has a result for every row.

    Raises:
        JobError: when it cannot be written, for instance on a full disk; the journal keeps all.
    """
    draft = output.with_name(f".{output.name}.draft")
    facts = journal.facts()
    rows = _rows(source, id_column, journal)
    try:
        match kind_of(output):
            case "jsonl":
                _write_json(draft, rows)
            case "csv":
                _write_csv(draft, rows, [id_column, *COLUMNS])
            case _:
                kinds = {id_column: facts["id_kind"]} | dict.fromkeys(COLUMNS, "text")
                kinds["output"] = "vector" if facts["output_kind"] == "vector" else "text"
                _write_parquet(draft, rows, kinds)
        _settle(draft, output)
    except OSError as error:
        raise JobError(
            f"the output {output} cannot be written: {error.strerror or error}",
            hint="all results are in the journal: make room and run the same job again",
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _settle(draft: Path, output: Path) -> None:
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    draft.replace(output)


def _rows(source: Path, id_column: str, journal: Journal) -> Iterator[dict[str, JSONValue]]:
    results = journal.results()
    for row in read_rows(source):
        result = next(results, None)
        if result is None or result.row != row.number:
            raise JobError(f"the journal has no result of row {row.number} of {source}")
        yield {id_column: id_of(source, row, id_column), **_columns(result)}


def _columns(result: Result) -> dict[str, JSONValue]:
    return {
        "output": result.output,
        "error_code": result.error_code or None,
        "error_message": result.error_message or None,
        "finish_reason": result.finish_reason or None,
    }


def _write_json(path: Path, rows: Iterable[Mapping[str, JSONValue]]) -> None:
    with path.open("w", encoding="utf-8", errors="replace") as file:
        file.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _write_csv(path: Path, rows: Iterable[Mapping[str, JSONValue]], columns: list[str]) -> None:
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows({name: _as_text(value) for name, value in row.items()} for row in rows)


def _write_parquet(
    path: Path, rows: Iterable[Mapping[str, JSONValue]], kinds: Mapping[str, str]
) -> None:
    with needs_pyarrow():
        from iflytek_spark.jobs.files.parquet import write_parquet  # loads an extra
    texts = {name for name, kind in kinds.items() if kind == "text"}
    written = (
        {name: _as_text(value) if name in texts else value for name, value in row.items()}
        for row in rows
    )
    write_parquet(path, written, kinds)


def _as_text(value: JSONValue) -> JSONValue:
    return (
        value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    )
