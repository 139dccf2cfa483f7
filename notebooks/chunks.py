"""Cuts Markdown into chunks that can be searched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from langchain_core.documents import Document
from langchain_text_splitters import RecursiveCharacterTextSplitter
from markdown_it import MarkdownIt

_SEPARATORS = ["\n\n", "\n", "。", "！", "？", "；", "，", " ", ""]


def split(
    documents: Sequence[Document], chunk_size: int = 500, chunk_overlap: int = 50
) -> list[Document]:
    """Cut documents at their headings, then into chunks.

    Args:
        documents: Markdown, as the loaders return it.
        chunk_size: characters of a chunk at most, without the headings it is given.
        chunk_overlap: characters that two neighbours of one section share at most.

    Returns:
        Chunks that begin with their headings, so that these can be searched; the headings are
        in ``section``, too.
    """
    splitter = RecursiveCharacterTextSplitter(
        separators=_SEPARATORS,
        keep_separator="end",
        chunk_size=chunk_size,
        chunk_overlap=chunk_overlap,
    )
    return [
        Document(f"# {section}\n\n{text}", metadata={**document.metadata, "section": section})
        for document in documents
        for section, body in _sections(document.page_content, document.metadata["title"])
        for text in splitter.split_text(body)
    ]


def _sections(markdown: str, title: str) -> Iterator[tuple[str, str]]:
    """Yield the headings that lead to a text, and the text."""
    lines = markdown.splitlines()
    headings = [(1, title, -1), *_headings(markdown), (1, "", len(lines))]
    path: list[str] = []
    for (level, heading, start), (*_, end) in pairwise(headings):
        path = [*path[: level - 1], heading]
        yield " > ".join(path), "\n".join(lines[start + 1 : end]).strip()


def _headings(markdown: str) -> Iterator[tuple[int, str, int]]:
    """Yield level, text and line of every heading; a comment in a block of code is none."""
    for opening, text in pairwise(MarkdownIt().parse(markdown)):
        if opening.type == "heading_open" and opening.map:
            yield int(opening.tag[1]), text.content, opening.map[0]
