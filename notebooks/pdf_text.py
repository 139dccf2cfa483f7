"""Reads a PDF as Markdown: headings by their size, rows of tables, code, lines joined again."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pymupdf

_MARK = "\u3000-\u303f\uff00-\uffef“”"
_CJK = f"{_MARK}\u4e00-\u9fff"
_NO_SPACE = re.compile(rf"(?<=[{_CJK}])\n(?=[{_CJK}])|(?<=[{_MARK}])\n|\n(?=[{_MARK}])|(?<=-)\n")
_BULLET = re.compile(r"^•\s+")
_LIST_MARK = re.compile(r"(?:•|\d+\.)\s+(?=\S)")
_FOOTER = 56
"""Points above the lower edge of a page that hold its number."""
_NEAR = 3
"""Points within which two edges are the same."""
_PITCH = 1.58
"""From line to line of one paragraph, in sizes of its letters."""
_SAME = 1.0
"""Points by which the letters of one paragraph differ: code is a little smaller."""
_TEXT_SHARE = 0.1
"""A size that fewer letters have, and that is larger, is a heading's."""


class PdfError(Exception):
    """A PDF cannot be read; the message says why."""


class Chapter(NamedTuple):
    """What a bookmark of a PDF leads to, with the number of its first page."""

    title: str
    page: int
    markdown: str


@dataclass
class _Piece:
    """A paragraph, a heading, a line of code or a cell: where it is and how it is printed."""

    text: str
    lefts: tuple[float, ...]
    top: float
    last: float
    size: float
    code: bool

    def continued_by(self, line: _Piece) -> bool:
        """Tell whether a line goes on in the same column, right below."""
        below = 0 < line.top - self.last < _PITCH * max(self.size, line.size)
        aligned = any(abs(line.lefts[0] - left) < _NEAR for left in self.lefts)
        return below and aligned and abs(line.size - self.size) <= _SAME and not self.code

    def append(self, line: _Piece) -> None:
        """Join a line that was wrapped; no space belongs beside Chinese characters and marks."""
        self.text = _NO_SPACE.sub("", f"{self.text}\n{line.text}").replace("\n", " ")
        self.lefts, self.last = line.lefts, line.top


def read_chapters(path: Path) -> list[Chapter]:
    """Read the chapters that a PDF's bookmarks name; without bookmarks it is one chapter.

    Raises:
        PdfError: when the file is no PDF, is damaged or locked, or holds no text.
    """
    with _opened(path) as document:
        pages = [list(_lines(page)) for page in document]
        outline = [(title, page) for _, title, page in document.get_toc()] or [(path.stem, 1)]
    if not any(pages):
        raise PdfError("里面没有文字，可能是扫描件：请先做文字识别 (OCR)")
    ends = [page for _, page in outline[1:]] + [len(pages) + 1]
    return [
        Chapter(title, first, _markdown(pages[first - 1 : end - 1]))
        for (title, first), end in zip(outline, ends)
    ]


def _opened(path: Path) -> Any:
    if not path.is_file():
        raise PdfError("没有这个文件")
    try:
        document = pymupdf.open(path, filetype="pdf")
    except RuntimeError as error:
        raise PdfError("不是 PDF，或者文件已经损坏") from error
    if document.needs_pass:
        raise PdfError("有密码，请先去掉密码")
    if not len(document):
        raise PdfError("一页也没有，文件可能不完整")
    return document


def _lines(page: Any) -> Iterator[_Piece]:
    drawn = [drawing["rect"] for drawing in page.get_drawings()]
    for block in page.get_text("rawdict", flags=pymupdf.TEXT_PRESERVE_WHITESPACE)["blocks"]:
        for line in block["lines"]:
            if line["bbox"][1] < page.rect.height - _FOOTER:
                yield from _cells(line, drawn)


def _cells(line: dict[str, Any], drawn: list[Any]) -> Iterator[_Piece]:
    """Cut a line where a table has its vertical rules; letters on a shade are code."""
    _, top, _, bottom = line["bbox"]
    beside = [rect for rect in drawn if rect.y0 < (top + bottom) / 2 < rect.y1]
    rules = [rect.x0 for rect in beside if rect.width < _NEAR]
    code = len(rules) < len(beside) and "Mono" in line["spans"][0]["font"]
    letters = [letter for span in line["spans"] for letter in span["chars"]]
    size = round(max(span["size"] for span in line["spans"]), 1)
    for _, group in itertools.groupby(letters, lambda letter: _column(letter, rules)):
        cell = list(group)
        text = "".join(letter["c"] for letter in cell).rstrip()
        left, baseline = cell[0]["origin"]
        if text:
            indent = _LIST_MARK.match(text)
            inner = cell[indent.end()]["origin"][0] if indent else left
            yield _Piece(text, (left, inner), baseline, baseline, size, code)


def _column(letter: dict[str, Any], rules: list[float]) -> int:
    return sum(rule < letter["origin"][0] for rule in rules)


def _markdown(pages: Iterable[list[_Piece]]) -> str:
    rows = [row for page in pages for row in _rows(page)]
    marks = _heading_marks(rows)
    groups = itertools.groupby(rows, lambda row: _kind(row, marks))
    return "\n\n".join(_block(kind, list(group)) for kind, group in groups)


def _rows(lines: Iterable[_Piece]) -> list[list[_Piece]]:
    """Join what was wrapped, and put side by side what begins at the same height."""
    rows: list[list[_Piece]] = []
    for line in lines:
        if rows and rows[-1][-1].continued_by(line):
            rows[-1][-1].append(line)
        elif rows and abs(rows[-1][-1].top - line.top) < _NEAR:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _heading_marks(rows: list[list[_Piece]]) -> dict[float, str]:
    letters = Counter[float]()
    for piece in itertools.chain.from_iterable(rows):
        letters[piece.size] += len(piece.text)
    share = _TEXT_SHARE * letters.total()
    text = max((size for size in letters if letters[size] >= share), default=0)
    larger = sorted((size for size in letters if size > text), reverse=True)
    return {size: "#" * level for level, size in enumerate(larger, 1)}


def _kind(row: list[_Piece], marks: dict[float, str]) -> str:
    if len(row) > 1:
        return "table"
    return "code" if row[0].code else marks.get(row[0].size, "")


def _block(kind: str, rows: list[list[_Piece]]) -> str:
    if kind == "code":
        return "\n".join(["```", *(row[0].text.rstrip() for row in rows), "```"])
    if kind == "table":
        cells = (" | ".join(cell.text.strip() for cell in row) for row in rows)
        return "\n".join(f"| {row} |" for row in cells)
    return "\n\n".join(_BULLET.sub("- ", f"{kind} {row[0].text}".strip()) for row in rows)
