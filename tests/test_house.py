"""The house rules of CONTRIBUTING that a machine can hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests._support.packages import PRODUCT

ROOT = Path(__file__).parents[1]
CODE = (*PRODUCT, "tests", "benchmarks", "fuzz", "docs", "notebooks")
MAX_LINES, MAX_FILES = 300, 14
ENTRIES = ("__init__.py", "__main__.py")
FALLBACKS = "iflytek_spark/requests/fallbacks.py"


def files(*roots: str) -> Iterator[Path]:
    for root in roots:
        yield from sorted((ROOT / root).rglob("*.py"))


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_no_file_is_longer_than_can_be_read_in_one_sitting() -> None:
    lengths = {short(path): len(path.read_bytes().splitlines()) for path in files(*CODE)}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


def test_no_room_has_more_files_than_can_be_seen_at_once() -> None:
    rooms = {path.parent for path in files(*PRODUCT, "benchmarks", "fuzz")}
    crowded = {
        short(room): len([path for path in room.glob("*.py") if path.name not in ENTRIES])
        for room in rooms
    }
    assert {room: count for room, count in crowded.items() if count > MAX_FILES} == {}


def test_there_are_two_drivers() -> None:
    """What throws into a flow drives it."""
    drivers = [
        short(path)
        for path in files(*PRODUCT)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "flow.throw"
    ]
    assert drivers == ["iflytek_spark/streams.py"] * 2


def attributes(node: ast.AST) -> set[str]:
    return {inner.attr for inner in ast.walk(node) if isinstance(inner, ast.Attribute)}


def test_what_a_dialect_lacks_is_made_up_for_in_one_place() -> None:
    readers = [short(path) for path in files(*PRODUCT) if "lacks" in attributes(tree(path))]
    assert readers == [FALLBACKS]


def decisions(path: Path) -> Iterator[str]:
    """The comparisons of a file with the name or the dialect of a model."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Compare | ast.match_case):
            sides = ast.unparse(node)
            if re.search(r"\bspec\.(name|dialect|domain|title)\b|\.dialect\b", sides):
                yield f"{short(path)}: {sides}"


def test_no_code_decides_by_a_models_name_or_dialect() -> None:
    """The emulator, which stands for the service, finds a request's model by its domain."""
    found = [each for path in files(*PRODUCT) for each in decisions(path)]
    assert found == ["iflytek_spark/emulator/checks.py: spec.domain in (request.domain, current)"]


def refused_words() -> set[str]:
    """The last column of CONTRIBUTING's table of words."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition("\n## Words\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return {word.strip() for row in rows[2:] for word in row[-1].split(",") if word.strip()}


def identifiers(path: Path) -> Iterator[str]:
    """Every name that a file gives or uses, its own among them."""
    yield path.stem
    for node in ast.walk(tree(path)):
        for field in ("name", "id", "attr", "arg"):
            if isinstance(name := getattr(node, field, None), str):
                yield name
        if isinstance(node, ast.Dict):  # the keys of log records and bodies
            yield from (
                key.value
                for key in node.keys
                if isinstance(key, ast.Constant)
                and isinstance(key.value, str)
                and key.value.isidentifier()
            )


def words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_names_use_the_fields_words() -> None:
    refused = refused_words()
    assert len(refused) > 20
    found = {
        f"{short(path)}: {name}"
        for path in files(*PRODUCT)
        for name in identifiers(path)
        if words(name) & refused
    }
    assert sorted(found) == []


def test_settings_use_the_fields_words() -> None:
    from iflytek_spark.gateway.settings import GatewaySettings
    from iflytek_spark.settings import ChatSettings

    names = [*GatewaySettings.model_fields, *ChatSettings.model_fields]
    assert [name for name in names if words(name) & refused_words()] == []


@pytest.mark.parametrize("change", ["Where do I change …?"])
def test_the_files_to_open_first_exist(change: str) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {change}\n")[2].partition("\n## ")[0]
    named = re.findall(r"^\| [^`|]+\| `([^`]+)` \|$", section, re.MULTILINE)
    assert len(named) == 15
    assert [path for path in named if not (ROOT / path).is_file()] == []
