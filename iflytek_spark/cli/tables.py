"""Tables that stay aligned with Chinese in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def display_width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(_width(char) for char in text)


def aligned(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Lay out rows in columns, and return the lines.

    Args:
        rows: the cells, a heading first if there is one.
        right: the columns whose cells stand at their right edge.
    """
    widths = [max(map(display_width, column)) for column in zip(*rows)]
    return ["  ".join(_padded(row, widths, right)).rstrip() for row in rows]


def markdown(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Write rows, of which the first is the heading, as the lines of a Markdown table.

    The cells of the columns ``right`` stand at their right edge.
    """
    rule = ["---:" if index in right else "---" for index in range(len(rows[0]))]
    return [f"| {' | '.join(map(str.strip, row))} |" for row in (rows[0], rule, *rows[1:])]


def _width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Cc", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _padded(row: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> list[str]:
    cells = []
    for index, (cell, width) in enumerate(zip(row, widths)):
        space = " " * (width - display_width(cell))
        cells.append(space + cell if index in right else cell + space)
    return cells
