"""The tables of the fact sheets in docs/, so that tests compare with them and hold no copy."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

PROTOCOL = Path(__file__).parents[2] / "docs" / "PROTOCOL.md"
PROTOCOL_HTTP = PROTOCOL.with_name("PROTOCOL-HTTP.md")
Row: TypeAlias = list[str]
RULE = re.compile(r"^:?-+:?$")


def section(number: int, page: Path = PROTOCOL) -> str:
    """The text of one section."""
    text = page.read_text(encoding="utf-8")
    return text.partition(f"\n## {number}. ")[2].partition("\n## ")[0]


def tables(number: int) -> list[list[Row]]:
    """The tables of a section, each as its rows of cells, the heading first."""
    lines = section(number).splitlines()
    grouped = groupby(lines, key=lambda line: line.startswith("|"))
    return [rows(list(group)) for is_table, group in grouped if is_table]


def rows(lines: list[str]) -> list[Row]:
    """The cells of a Markdown table's lines, without the rule below its heading."""
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    return [row for row in cells if not all(map(RULE.match, row))]


def codes() -> dict[int, str]:
    """Spark's error codes and whether each is tried again: "R", "R'", "N" (§10).

    Without those of success, and those that were found nowhere.
    """
    (table,) = tables(10)
    found = {
        int(code): retry
        for listed, _, retry in table[1:]
        for code in listed.split(" / ")
        if retry != "–"
    }
    return dict(sorted(found.items()))
