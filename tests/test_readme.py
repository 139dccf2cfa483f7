"""What the READMEs show is run, and what they name exists."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import importlib
import os
import re
import runpy
import shlex
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import trustme
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from iflytek_spark.cli.commands import COMMANDS, command_parser, parse_command
from iflytek_spark.credentials import FAMILIES
from iflytek_spark.emulator import Emulator, running_emulator
from iflytek_spark.emulator.media.png import encode_png
from iflytek_spark.errors import SparkError
from iflytek_spark.gateway.app import create_app
from tests.gateway.serving import serving

_ROOT = Path(__file__).parents[1]
_NAMES = ("README.md", "README.zh-CN.md")
_TEXTS = {name: (_ROOT / name).read_text(encoding="utf-8") for name in _NAMES}

_RECIPES = (
    ("docs/frameworks.md", "docs/frameworks.zh-CN.md"),
    ("docs/jobs.md", "docs/jobs.zh-CN.md"),
)
_RECIPE_TEXTS = {
    name: (_ROOT / name).read_text(encoding="utf-8") for pair in _RECIPES for name in pair
}

each_readme = pytest.mark.parametrize("name", _TEXTS)


def _blocks(name: str, language: str) -> list[str]:
    text = (_TEXTS | _RECIPE_TEXTS)[name]
    return re.findall(rf"^```{language}\n(.+?)^```$", text, re.DOTALL | re.MULTILINE)


def _every_block(language: str) -> list[tuple[str, str]]:
    # the recipes have the same blocks in both languages, which a test holds
    names = (*_TEXTS, *(english for english, _ in _RECIPES))
    return [(name, block) for name in names for block in _blocks(name, language)]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Emulator]:
    """An emulator that the environment leads to, and a folder with a CA, a picture and a row."""
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "cat.png").write_bytes(encode_png("cat", 64, 64))
    (tmp_path / "reviews.jsonl").write_text('{"id": 1, "text": "很好"}\n', encoding="utf-8")
    with running_emulator() as spark, contextlib.chdir(tmp_path), mock.patch.dict(os.environ):
        os.environ.update(spark.environment)
        yield spark


@pytest.fixture
def event_loop_of_the_thread() -> Iterator[None]:
    """LlamaIndex asks the thread for a loop, as a program's first call does, and leaves it open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


# LlamaIndex imports langchain-community where it is installed, as it is here.
@pytest.mark.filterwarnings("ignore:`langchain-community` is being sunset:DeprecationWarning")
@pytest.mark.usefixtures("event_loop_of_the_thread")
@pytest.mark.parametrize(("name", "block"), _every_block("python"))
def test_python_blocks_run(
    name: str, block: str, service: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "example.py"
    program.write_text(block, encoding="utf-8")
    with _gateway() if "openai" in block else contextlib.nullcontext():
        runpy.run_path(str(program), run_name="__main__")
    shows = "print(" in block
    assert bool(capsys.readouterr().out.strip()) is shows
    assert service.wait_until_idle()


@contextlib.contextmanager
def _gateway() -> Iterator[None]:
    """A gateway over the service of the environment, to which OpenAI's variables lead.

    OpenAI's client is left, as in any program, to the program's end, and its sockets with it.
    """
    with serving(create_app()) as address, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        os.environ.update(OPENAI_BASE_URL=f"{address}/v1", OPENAI_API_KEY="any")
        yield
        gc.collect()


def test_the_langchain_example_has_at_most_ten_lines() -> None:
    first = _blocks("README.md", "python")[0]
    assert "ChatSpark" in first
    assert len([line for line in first.splitlines() if line.strip()]) <= 10


def test_both_show_the_same_code() -> None:
    assert _blocks("README.md", "python") == _blocks("README.zh-CN.md", "python")
    quoted = re.compile(r'"[^"]*"')
    english, chinese = (
        [quoted.sub("", block) for block in _blocks(name, "bash")] for name in _TEXTS
    )
    assert english == chinese


@pytest.mark.parametrize("pair", _RECIPES)
def test_the_recipes_are_the_same_in_both_languages(pair: tuple[str, str]) -> None:
    english, chinese = (_blocks(name, "python") for name in pair)
    assert english == chinese
    sections = [re.findall(r"^#+", _RECIPE_TEXTS[name], re.MULTILINE) for name in pair]
    assert sections[0] == sections[1]


def test_both_have_the_same_sections() -> None:
    english, chinese = (re.findall(r"^#+", text, re.MULTILINE) for text in _TEXTS.values())
    assert english == chinese


@each_readme
def test_variables_are_the_ones_that_are_read(name: str) -> None:
    read = {
        variable
        for family in FAMILIES
        for variable in (*family.app_id, *family[1:])
        if isinstance(variable, str)
    }
    named = set(re.findall(r"\b(?:SPARK|SPARKAI|IFLYTEK)_[A-Z_]*[A-Z]\b", _TEXTS[name]))
    assert named == read


@each_readme
def test_errors_exist(name: str) -> None:
    errors = importlib.import_module("iflytek_spark.errors")
    names = set(re.findall(r"`([A-Z]\w+Error)`", _TEXTS[name]))
    assert len(names) >= 15
    assert [name for name in names if not issubclass(getattr(errors, name), SparkError)] == []


@each_readme
def test_standard_tests_exist(name: str) -> None:
    rows = re.findall(r"^\| (`test_.+?) \|", _TEXTS[name], re.MULTILINE)
    named = re.findall(r"`(test_\w+)`", "".join(rows))
    suites = (ChatModelUnitTests, ChatModelIntegrationTests)
    assert len(named) == 7
    assert [test for test in named if not any(hasattr(suite, test) for suite in suites)] == []


@each_readme
def test_links_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", _TEXTS[name])
    assert [link for link in links if not (_ROOT / link).is_file()] == []
    assert len(links) >= 5


@pytest.mark.parametrize(("name", "block"), _every_block("bash"))
def test_commands_exist(name: str, block: str) -> None:
    for line in block.splitlines():
        for part in line.split(" | "):
            _check_command(shlex.split(part, comments=True))


def _check_command(words: list[str]) -> None:
    match words:
        case ["make", *targets]:
            assert set(targets) <= _make_targets()
        case ["iflytek-spark", *arguments]:
            _parse(arguments)
        case ["pip", "install", what]:
            assert _can_be_installed(what)
        case ["export", setting]:
            assert setting.partition("=")[0].startswith(("SPARK_", "OPENAI_"))
        case ["jupyter", "lab", path] | ["streamlit", "run", path]:
            assert (_ROOT / path).exists()
        case ["cat", file]:
            assert (_ROOT / file).is_file()
        case _:
            pytest.fail(f"nobody checks {words}")


def _make_targets() -> set[str]:
    makefile = (_ROOT / "Makefile").read_text()
    return set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))


def _pyproject() -> dict[str, dict[str, Any]]:
    with (_ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)


def _can_be_installed(what: str) -> bool:
    """Tell whether it is this project with extras that exist, or a package of the tests' own."""
    if extras := re.fullmatch(r"\.\[([\w,-]+)]", what):
        known = _pyproject()["project"]["optional-dependencies"]
        return set(extras[1].split(",")) <= set(known)
    return what in _pyproject()["dependency-groups"]["dev"]


@each_readme
def test_packages_named_in_the_text_exist(name: str) -> None:
    named = re.findall(r"`pip install \"?([^`\"]+)", _TEXTS[name])
    assert len(named) >= 3
    assert [what for what in named if not _can_be_installed(what)] == []


def _parse(arguments: list[str]) -> argparse.Namespace:
    command, rest = parse_command(arguments)
    parser = command_parser(command)
    importlib.import_module(command.module).add_arguments(parser)
    return parser.parse_args(rest)


@each_readme
def test_every_command_is_shown(name: str) -> None:
    shown = " ".join(_blocks(name, "bash"))
    assert [row.name for row in COMMANDS if f"iflytek-spark {row.name}" not in shown] == []


@each_readme
def test_supported_pythons_are_the_declared_ones(name: str) -> None:
    classifiers = "\n".join(_pyproject()["project"]["classifiers"])
    declared = set(re.findall(r"Python :: (3\.\d+)", classifiers))
    assert declared == set(re.findall(r"\b3\.1[1-9]\b", _TEXTS[name]))
