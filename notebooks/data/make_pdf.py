"""Makes spark-operations.pdf, the course's PDF, from chapters of the handbook.

The same chapters give the same bytes: dates are fixed, and nothing else depends on the day.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import pymupdf
from markdown_it import MarkdownIt
from markdown_it.token import Token

_HERE = Path(__file__).parent
CHAPTERS = tuple(_HERE / "handbook" / name for name in ("11-errors.md", "12-quotas-and-rates.md"))
TITLE = "讯飞星火运维手册"
_SUBTITLE = "错误码与处理 · 配额、并发与速率"
_NOTE = "本文取自 iFlytek Spark 手册的第 11 章和第 12 章，由 make_pdf.py 生成。"
_DATE = "D:20260101000000Z"
_SMALLEST_FILE = {"garbage": 4, "deflate": True, "use_objstms": 1, "no_new_id": True}

_PAGE = pymupdf.paper_rect("a4")
_TEXT_AREA = pymupdf.Rect(56, 56, _PAGE.x1 - 56, _PAGE.y1 - 64)
_PAGE_NUMBER = pymupdf.Rect(_PAGE.x0, _PAGE.y1 - 46, _PAGE.x1, _PAGE.y1 - 30)
_CSS = """
body { margin: 0; font-family: sans-serif; font-size: 10.5pt; line-height: 1.5; }
h1, h2, h3 { font-weight: normal; }
h1 { font-size: 20pt; margin-top: 0; margin-bottom: 8pt; }
h2 { font-size: 14pt; margin-top: 14pt; margin-bottom: 4pt; color: #0b4f8a; }
h3 { font-size: 11.5pt; margin-top: 10pt; margin-bottom: 3pt; }
p { margin-top: 4pt; margin-bottom: 4pt; }
li { margin-bottom: 2pt; }
code { font-family: monospace; font-size: 9.5pt; }
pre { font-family: monospace; font-size: 9pt; line-height: 1.3; background-color: #f2f4f7;
      padding: 6pt; margin-top: 4pt; margin-bottom: 6pt; }
table { border-collapse: collapse; margin-top: 4pt; margin-bottom: 8pt; font-size: 9.5pt; }
th, td { border: 0.5pt solid #8a94a0; padding: 3pt; }
th { color: #0b4f8a; white-space: nowrap; }
"""
_TITLE_PAGE = (
    f'<p style="font-size: 30pt; margin-top: 200pt"><b>{TITLE}</b></p>'
    f'<p style="font-size: 15pt">{_SUBTITLE}</p><p style="margin-top: 30pt">{_NOTE}</p>'
)


def blocks(markdown: str) -> Iterator[str]:
    """Cut a chapter into pieces of HTML that should each stay on one page.

    A heading stays with what follows, and so does a paragraph that introduces it with a colon.
    """
    reader = MarkdownIt("commonmark").enable("table")
    held: list[Token] = []
    for block in _top_level(reader.parse(markdown)):
        held += block
        leads = block[0].type == "paragraph_open" and block[1].content.endswith("：")
        if block[0].type != "heading_open" and not leads:
            yield reader.renderer.render(held, reader.options, {})
            held = []
    yield reader.renderer.render(held, reader.options, {})


def _top_level(tokens: Iterable[Token]) -> Iterator[list[Token]]:
    block: list[Token] = []
    for token in tokens:
        block.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield block
            block = []


def typeset(chapters: Iterable[str]) -> bytes:
    """Lay Markdown chapters out on numbered pages, after a title page.

    Returns:
        A PDF file with the letters that it uses, and a bookmark for each chapter.
    """
    pages = _Pages()
    outline = [(1, TITLE, pages.add([_TITLE_PAGE]))]
    for chapter in chapters:
        title = chapter.partition("\n")[0].removeprefix("# ")
        outline.append((1, title, pages.add(blocks(chapter))))
    with pymupdf.open("pdf", pages.close()) as document:
        return _finished(document, outline)


class _Pages:
    """Pages that are filled from top to bottom."""

    def __init__(self) -> None:
        self._count = 0
        self._file = io.BytesIO()
        self._writer = pymupdf.DocumentWriter(self._file)

    def add(self, pieces: Iterable[str]) -> int:
        """Put pieces below each other from the top of a new page on; return its number."""
        left = self._turn()
        first = self._count
        for piece in pieces:
            story = pymupdf.Story(piece, user_css=_CSS)
            left = self._turn() if left.is_empty else left
            more, filled = story.place(left)
            if more and left.y0 > _TEXT_AREA.y0:
                story.reset()
                more, filled = story.place(self._turn())
            story.draw(self._device)
            while more:
                more, filled = story.place(self._turn())
                story.draw(self._device)
            left = pymupdf.Rect(_TEXT_AREA.x0, filled[3], *_TEXT_AREA.br)
        return first

    def _turn(self) -> pymupdf.Rect:
        if self._count:
            self._writer.end_page()
        self._count += 1
        self._device = self._writer.begin_page(_PAGE)
        return _TEXT_AREA

    def close(self) -> bytes:
        """Return the PDF file."""
        self._writer.end_page()
        self._writer.close()
        return self._file.getvalue()


def _finished(document: pymupdf.Document, outline: list[tuple[int, str, int]]) -> bytes:
    centre = pymupdf.TEXT_ALIGN_CENTER
    for page in document.pages(1):
        page.insert_textbox(_PAGE_NUMBER, str(page.number + 1), fontsize=9, align=centre)
    document.set_toc(outline)
    document.subset_fonts()
    document.set_metadata(
        {"title": TITLE, "subject": _SUBTITLE, "creationDate": _DATE, "modDate": _DATE}
    )
    return document.tobytes(**_SMALLEST_FILE)


def main() -> None:
    """Make the PDF."""
    parser = argparse.ArgumentParser(description="Make the course's PDF from the handbook.")
    parser.add_argument("--output", type=Path, default=_HERE / "spark-operations.pdf")
    output: Path = parser.parse_args().output
    output.write_bytes(typeset(chapter.read_text(encoding="utf-8") for chapter in CHAPTERS))
    print(f"{output}: {output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
