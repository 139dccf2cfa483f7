"""What is generated in the documentation is current."""

from __future__ import annotations

import re
from pathlib import Path

from docs import generate
from iflytek_spark.models.http_models import EMBEDDING_DIMENSIONS, EMBEDDING_MODELS, RERANK_MODELS
from iflytek_spark.requests.options import OPTIONS
from tests._support.fact_sheet import PROTOCOL, PROTOCOL_HTTP, section


def test_the_tables_are_current() -> None:
    for page, text in generate.written().items():
        assert page.read_text(encoding="utf-8") == text, f"{page.name}: run `make docs`"


def test_every_option_is_explained_in_chinese() -> None:
    assert generate.OPTIONS_IN_CHINESE.keys() == OPTIONS.keys()


CITATION = re.compile(r"(PROTOCOL(?:-HTTP)?\.md)((?:,? §[\d.]*\d)+)")
ROOT = Path(__file__).parents[1]
ROOMS = ("iflytek_spark", "langchain_spark", "llama_index_spark", "tests", "docs")


def test_what_the_code_cites_stands_in_the_fact_sheets() -> None:
    headings = {
        page.name: set(re.findall(r"^###? (\d+(?:\.\d+)?)", page.read_text("utf-8"), re.MULTILINE))
        for page in (PROTOCOL, PROTOCOL_HTTP)
    }
    pages = [page for room in ROOMS for page in (ROOT / room).rglob("*.[pm][yd]")]
    missing = [
        f"{path.name}: {page} §{number}"
        for path in pages
        for page, numbers in CITATION.findall(path.read_text("utf-8"))
        for number in re.findall(r"§([\d.]+)", numbers)
        if number not in headings[page]
    ]
    assert missing == []


def test_the_models_of_vectors_and_ranks_are_those_of_the_fact_sheet() -> None:
    known = section(8, PROTOCOL_HTTP)
    assert f"dimensions {' '.join(map(str, EMBEDDING_DIMENSIONS))}," in known
    assert all(model in known for model in (*EMBEDDING_MODELS, *RERANK_MODELS))
