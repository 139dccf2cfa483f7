"""docs/reliability.md is current, and no cell is missing."""

from __future__ import annotations

import pytest

from iflytek_spark.protocol.wire.error_codes import known_codes
from tests.reliability import exiting, test_faults, test_leaving
from tests.reliability.columns import COLUMNS
from tests.reliability.report import LEAVES, PATH, parts, render
from tests.reliability.rows import ROWS

PROMISED = {
    "SparkClient", "AsyncSparkClient", "ChatSpark", "ChatSpark, async", "LCEL chain",
    "LCEL chain, async", "SparkLLM", "SparkLLM, async", "gateway", "gateway, stream", "embeddings",
    "LangChain embeddings", "spark-api-open", "spark-api-open, ChatSpark", "MaaS",
    "MaaS, ChatSpark",
}  # fmt: skip


def test_the_page_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == render(), "run python -m tests.reliability"


def test_every_surface_has_its_column() -> None:
    assert {column.name for column in COLUMNS} >= PROMISED


def test_every_cell_that_is_written_is_observed() -> None:
    written = {
        (group, name, column.name)
        for group, lines in parts()
        for name, cells in lines
        for column, cell in zip(COLUMNS, cells, strict=True)
        if cell is not None
    }
    struck = {(row.group, row.name, column.name) for row, column, _ in test_faults.CELLS}
    left = {(LEAVES, leaving.name, column.name) for leaving, column, _ in test_leaving.CELLS}
    exits = {(LEAVES, exiting.NAME, column.name) for column, _ in exiting.surfaces()}
    assert written == struck | left | exits


@pytest.mark.parametrize("group", ["before the answer", "inside the answer"])
def test_every_code_is_met(group: str) -> None:
    rows = [row.name.partition(",")[0] for row in ROWS if row.group.endswith(group)]
    assert rows == [str(code) for code in known_codes()]
