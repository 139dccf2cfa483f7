"""The one table from a failure to a status."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import iflytek_spark.gateway
from iflytek_spark import SparkError, errors
from iflytek_spark.gateway.openai.errors import ErrorRow, row_of

GATEWAY = Path(iflytek_spark.gateway.__file__).parent
TABLE = GATEWAY / "openai" / "errors.py"


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    for path in GATEWAY.rglob("*.py"):
        yield from ((path, node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def test_every_row_is_used() -> None:
    named = {
        node.attr
        for path, node in nodes()
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "ErrorRow"
        and (path != TABLE or node.attr == "INVALID_IMAGE_URL")
    }
    unused = {row.name for row in ErrorRow if row.error is None} - named
    assert unused == set()


def test_types_of_failures_stand_in_the_table_alone() -> None:
    """Of OpenAI's chat completions; other forms have types of their own in their rooms."""
    types = {row.type for row in ErrorRow}
    found = {
        path
        for path, node in nodes()
        if isinstance(node, ast.Constant)
        and node.value in types
        and path.parent.name not in {"anthropic", "responses"}
    }
    assert found == {TABLE}


def test_no_two_rows_are_the_same_to_a_program() -> None:
    assert len(ErrorRow.__members__) == len({(row.status, row.code) for row in ErrorRow})


@pytest.mark.parametrize(
    "error",
    [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, SparkError)],
)
def test_every_error_of_the_core_has_the_row_of_its_nearest_class(error: type[SparkError]) -> None:
    row = row_of(error("failed"))
    assert row.error is not None
    assert issubclass(error, row.error)
    nearer = [other.error for other in ErrorRow if other.error and issubclass(error, other.error)]
    assert all(issubclass(row.error, other) for other in nearer)
