from __future__ import annotations

import pytest

from iflytek_spark.cli.tables import aligned, display_width, markdown


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("abc", 3), ("星火", 4), ("Ａ。", 4), ("e\u0301", 1), ("a\u200db", 2), ("ｱ", 1)],
)
def test_width(text: str, width: int) -> None:
    assert display_width(text) == width


def test_columns_are_aligned() -> None:
    rows = [["name", "n"], ["星火", "10"], ["a", "5"]]
    assert aligned(rows, frozenset({1})) == ["name   n", "星火  10", "a      5"]
    assert aligned(rows) == ["name  n", "星火  10", "a     5"]


def test_markdown() -> None:
    rows = [["name", "n"], ["星火", " 10 "]]
    assert markdown(rows, frozenset({1})) == ["| name | n |", "| --- | ---: |", "| 星火 | 10 |"]
