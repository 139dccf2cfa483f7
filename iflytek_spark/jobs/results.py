"""What became of a row, and what a job has come to."""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from iflytek_spark.errors import JobError, SparkError, encodable
from iflytek_spark.jobs.files.tables import JSONValue

Way: TypeAlias = Literal["live", "batch"]
"""How rows are asked: one call each, or by the vendor's Batch API."""

Via: TypeAlias = Literal["live", "batch", "auto"]
"""The way that a caller wants; ``auto`` is what the plan finds best."""


class Result(NamedTuple):
    """What became of a row: an output, or an error.

    Attributes:
        row: which one, counted from 1.
        output: a text, what the schema describes, or a vector; None where there is an error.
        error_code: Spark's code, or the name of the error's class; else an empty string.
        error_message: what happened, or an empty string.
        finish_reason: why an answer ended, or an empty string.
        input_tokens: what the service counted, 0 where it did not say.
        output_tokens: likewise.
        way: how the row was asked.
    """

    row: int
    output: JSONValue = None
    error_code: str = ""
    error_message: str = ""
    finish_reason: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    way: Way = "live"


class Totals(NamedTuple):
    """What a job has come to.

    Attributes:
        done: rows that have a result, errors among them.
        errors: rows whose result is an error.
        input_tokens: what the service counted, of all rows.
        output_tokens: likewise.
        batch_tokens: those of both that the Batch API was asked for, at its lower price.
    """

    done: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    batch_tokens: int = 0


def failed(row: int, error: SparkError, way: Way = "live") -> Result:
    """Return the result of a row that failed for good."""
    code = type(error).__name__ if error.code is None else str(error.code)
    return Result(row, error_code=code, error_message=str(error), way=way)


def pack(output: JSONValue) -> str | bytes | None:
    """Write an output for the journal; a vector takes a third of the room of its text."""
    if isinstance(output, list) and output and all(type(number) is float for number in output):
        return array("d", _floats(output)).tobytes()
    return None if output is None else encodable(json.dumps(output, ensure_ascii=False))


def unpack(stored: str | bytes | None) -> JSONValue:
    """Read what :func:`pack` has written."""
    if stored is None:
        return None
    if isinstance(stored, bytes):
        numbers = array("d")
        numbers.frombytes(stored)
        return list(numbers)
    value: JSONValue = json.loads(stored)
    return value


def _floats(values: Sequence[JSONValue]) -> list[float]:
    return [value for value in values if isinstance(value, float)]


def check_via(via: str) -> None:
    """Refuse another way than there is, with a JobError."""
    if via not in ("live", "batch", "auto"):
        raise JobError(f"via is {via!r}, not live, batch or auto")
