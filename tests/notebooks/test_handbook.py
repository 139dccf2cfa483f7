"""The handbook agrees with the library, its code is real, and its PDF is current."""

from __future__ import annotations

import ast
import builtins
import importlib
import itertools
import re
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core import exceptions as langchain_exceptions

from iflytek_spark import errors
from iflytek_spark.credentials import FAMILIES
from iflytek_spark.emulator import faults
from iflytek_spark.models.services import IMAGE_SIZES
from iflytek_spark.protocol.wire.error_codes import api_error, known_codes

_DATA = Path(__file__).parents[2] / "notebooks" / "data"
_CHAPTERS = {path.name: path.read_text("utf-8") for path in sorted(_DATA.glob("handbook/*.md"))}
_NUMBERS = {int(name[:2]): name for name in _CHAPTERS}
_PDF = _DATA / "spark-operations.pdf"
_IN_PDF = (11, 12)
_SPARKS_OWN_WORDS = {"AppIdNoAuthError", "AppIdQpsOverFlowError", "NotEnoughCvError"}


def _chapter(number: int) -> str:
    return _CHAPTERS[_NUMBERS[number]]


def _rows(text: str) -> list[list[str]]:
    lines = (line for line in text.splitlines() if line.startswith("| "))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _headings(text: str) -> list[str]:
    without_code = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"^#+ (.+)$", without_code, re.MULTILINE)


def _pdf_pages(path: Path) -> list[str]:
    pymupdf: Any = importlib.import_module("pymupdf")
    with pymupdf.open(path) as document:
        return [page.get_text() for page in document]


def test_chapters_are_numbered_without_gaps() -> None:
    assert sorted(_NUMBERS) == list(range(1, 15))


def test_a_source_can_be_cited_by_its_title_and_its_heading() -> None:
    for name, text in _CHAPTERS.items():
        headings = _headings(text)
        assert text.startswith(f"# {headings[0]}\n"), name
        assert [each for each in headings if headings.count(each) > 1] == [], name


def test_every_error_code_stands_once_in_the_tables_of_the_chapter_on_errors() -> None:
    shown = [int(row[0]) for row in _rows(_chapter(11)) if row[0].isdigit()]
    assert sorted(shown) == list(known_codes())


def test_exceptions_named_beside_a_code_are_those_that_it_raises() -> None:
    rows = [row for row in _rows(_chapter(11)) if row[0].isdigit()]
    named = [(row[0], row[2].split("`")[1]) for row in rows if row[2].startswith("`")]
    assert len(named) >= 10
    assert [pair for pair in named if type(api_error(int(pair[0]), "")).__name__ != pair[1]] == []


def test_named_errors_exist() -> None:
    places = (errors, langchain_exceptions, builtins)
    for name, text in _CHAPTERS.items():
        named = set(re.findall(r"`([A-Z]\w+Error)`", text)) - _SPARKS_OWN_WORDS
        unknown = {word for word in named if not any(hasattr(place, word) for place in places)}
        assert unknown == set(), name


def test_every_fault_stands_in_the_chapter_on_local_tools() -> None:
    own = set(faults.__all__) - {"Fault", "Opcode"}
    assert {word for word in own if f"`{word}`" not in _chapter(14)} == set()


def test_every_variable_stands_in_the_chapter_on_keys() -> None:
    table = "\n".join(map(str, _rows(_chapter(2))))
    for family in FAMILIES:
        for variable in (*family.app_id, *family[1:]):
            assert f"`{variable}`" in table


def test_sizes_of_images_and_their_points_are_right() -> None:
    cells = [cell for row in _rows(_chapter(9)) for cell in row]
    shown = {
        (int(found[1]), int(found[2])): int(points)
        for size, points in itertools.pairwise(cells)
        if (found := re.match(r"(\d+)×(\d+)", size)) and points.isdigit()
    }
    assert shown == IMAGE_SIZES


def test_references_lead_to_other_chapters() -> None:
    for name, text in _CHAPTERS.items():
        referred = {int(number) for number in re.findall(r"第 (\d+)(?: 章|、)", text)}
        assert referred <= set(_NUMBERS) - {int(name[:2])}, name


# LlamaIndex imports langchain-community where it is installed, as it is here.
@pytest.mark.filterwarnings("ignore:`langchain-community` is being sunset:DeprecationWarning")
@pytest.mark.parametrize("name", _CHAPTERS)
def test_python_blocks_compile_and_import_what_exists(name: str, tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n(.+?)^```$", _CHAPTERS[name], re.DOTALL | re.MULTILINE)
    assert blocks
    imports = [
        ast.unparse(node)
        for block in blocks
        for node in ast.parse(block, name).body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    program = tmp_path / "imports.py"
    program.write_text("\n".join(imports), encoding="utf-8")
    runpy.run_path(str(program))


def test_the_pdf_is_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "made.pdf"
    monkeypatch.setattr(sys, "argv", ["make_pdf.py", "--output", str(made)])
    runpy.run_path(str(_DATA / "make_pdf.py"), run_name="__main__")
    assert _pdf_pages(_PDF) == _pdf_pages(made), "run: python notebooks/data/make_pdf.py"


def test_the_pdf_holds_its_chapters_as_clean_text() -> None:
    text = "".join(_pdf_pages(_PDF)[1:])
    lines = {line.strip() for line in text.splitlines()}
    for number in _IN_PDF:
        assert [line for line in _headings(_chapter(number)) if line not in lines] == []
    assert [code for code in known_codes() if str(code) not in lines] == []
    assert set(text) <= {*map(str, range(10)), "•", *"".join(map(_chapter, _IN_PDF))}
    assert _PDF.stat().st_size < 1_000_000
