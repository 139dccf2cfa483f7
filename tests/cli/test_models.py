from __future__ import annotations

import pytest

from iflytek_spark import list_models
from iflytek_spark.cli import main
from iflytek_spark.cli.tables import display_width

Capture = pytest.CaptureFixture[str]


def _lines(capsys: Capture, *options: str) -> list[str]:
    assert main(["models", *options]) == 0
    return capsys.readouterr().out.splitlines()


def test_every_model_has_a_row(capsys: Capture) -> None:
    lines = _lines(capsys)
    names = [spec.name for spec in list_models()]
    assert [line.split()[0] for line in lines[1 : len(names) + 1]] == names


def test_the_columns_stand_below_their_headings(capsys: Capture) -> None:
    heading, *rows = _lines(capsys)
    rows = rows[: len(list_models())]
    for name in ("title", "system", "tools", "web search", "reasoning", "images"):
        column = heading.index(name)
        for row in rows:
            cell = row[len(_left(row, column)) :]
            assert cell[:1].strip(), row
            assert _left(row, column).endswith("  "), row


def _left(row: str, columns: int) -> str:
    """Return the part of ``row`` that fills the first columns of the terminal."""
    return next(row[:end] for end in range(len(row) + 1) if display_width(row[:end]) >= columns)


def test_cells(capsys: Capture) -> None:
    rows = {line.split()[0]: line for line in _lines(capsys) if line}
    assert rows["max"].endswith("2026-03-10, answered by 4.0 Ultra")
    assert "65,536* " in rows["x2"]
    assert "?" in rows["kjwx"]
    assert rows["image"].rstrip().endswith("yes")


@pytest.mark.parametrize(("options", "word"), [([], "web search"), (["zh"], "联网搜索")])
def test_markdown(capsys: Capture, options: list[str], word: str) -> None:
    heading, rule, *rows = _lines(capsys, "--markdown", *options)
    assert word in heading
    assert set(rule) <= set("|-: ")
    assert rows[0].startswith("| `lite` | Spark Lite | 8,192 | 4,096 |")
    assert all(row.count("|") == heading.count("|") for row in rows if row.startswith("|"))
