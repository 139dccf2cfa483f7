"""Every notebook runs from a clean kernel on the emulator, and is committed with its outputs."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
SCREEN = 40
HERE = re.compile(r"/(?:home|root|tmp|Users|work|private)/|[A-Z]:\\\\Users")
SECONDS = 120

each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course as it is committed, without what an earlier run has left behind."""
    course = tmp_path_factory.mktemp("course") / "notebooks"
    shutil.copytree(NOTEBOOKS, course, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    return course


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send whatever would leave this machine to a port where nobody listens."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")


def _read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def _code(path: Path) -> list[Any]:
    return [cell for cell in _read(path).cells if cell.cell_type == "code"]


@pytest.mark.notebooks
@pytest.mark.timeout(SECONDS)
@each_notebook
def test_a_notebook_runs_without_an_account(path: Path, copied: Path, offline: None) -> None:
    assert not any(name.startswith("SPARK") for name in os.environ)
    resources = {"metadata": {"path": str(copied)}}
    NotebookClient(_read(path), timeout=SECONDS, resources=resources).execute()


def test_the_course_has_its_notebooks() -> None:
    numbers = [path.name[:2] for path in PATHS]
    assert numbers == [f"{number:02}" for number in range(1, 9)]


@each_notebook
def test_a_notebook_begins_with_an_english_abstract(path: Path) -> None:
    first = _read(path).cells[0]
    assert first.cell_type == "markdown"
    _, _, abstract = first.source.partition("**Abstract.**")
    assert len(re.findall(r"[a-z]+", abstract.partition("\n\n")[0])) >= 20


@each_notebook
def test_a_notebook_first_says_who_answers(path: Path) -> None:
    assert "from course import connect" in _code(path)[0].source
    assert "连接：本地模拟器" in _code(path)[0].outputs[0].text


@each_notebook
def test_no_cell_is_longer_than_a_screen(path: Path) -> None:
    for cell in _read(path).cells:
        assert len(cell.source.splitlines()) <= SCREEN, cell.source


@each_notebook
def test_outputs_are_committed_and_hold_no_error(path: Path) -> None:
    cells = _code(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output.output_type for cell in cells for output in cell.outputs}
    assert "error" not in kinds
    assert sum(bool(cell.outputs) for cell in cells) >= len(cells) / 2


@each_notebook
def test_outputs_hold_nothing_of_the_machine_they_were_made_on(path: Path) -> None:
    for cell in _code(path):
        for output in cell.outputs:
            assert output.get("name") != "stderr", output.text
            shown = str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
            assert HERE.search(shown) is None, shown
