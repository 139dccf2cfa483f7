"""What is installed is what was locked: exact versions, with hashes, from no named place."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
LOCKS = sorted(path.name for path in (ROOT / "requirements").glob("*.txt"))
INSTALLED = ("dev.txt", "corpus.txt")
"""What the tests run with; the others are for other environments."""
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OURS = PROJECT["project"]["name"]


def entries(name: str) -> list[str]:
    """The logical lines of a lock file, without comments."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    joined = text.replace("\\\n", " ")
    lines = map(str.strip, joined.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def locked(name: str) -> list[Requirement]:
    return [Requirement(entry.partition("--hash")[0].strip()) for entry in entries(name)]


def declared() -> dict[str, list[str]]:
    """What users install, by extra."""
    extras = PROJECT["project"]["optional-dependencies"]
    return {"": PROJECT["project"]["dependencies"], **extras}


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_has_an_exact_version_and_hashes(name: str) -> None:
    for entry in entries(name):
        requirement, *hashes = entry.split("--hash=")
        assert re.fullmatch(r"[A-Za-z0-9._-]+(\[[\w,-]+\])?==[\w.!+-]+( ;.+)?", requirement.strip())
        assert hashes
        assert len(HASH.findall(entry)) == len(hashes)


@pytest.mark.parametrize("name", LOCKS)
def test_no_place_is_named(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    assert not re.search(r"://|(?<!-)--(?!hash=)\w|^-\w", text, re.MULTILINE)


@pytest.mark.parametrize("extra", declared())
def test_every_dependency_of_users_is_locked(extra: str) -> None:
    pins = {canonicalize_name(pin.name): pin for pin in locked("dev.txt")}
    for wanted in map(Requirement, declared()[extra]):
        if wanted.name == OURS:
            continue
        (spec,) = pins[canonicalize_name(wanted.name)].specifier
        assert wanted.specifier.contains(spec.version, prereleases=True), wanted


def test_the_lock_of_the_demo_is_a_part_of_the_whole() -> None:
    whole = {(pin.name, str(pin.specifier)) for pin in locked("dev.txt")}
    build = {Requirement(line).name for line in entries("build.in")}
    assert {
        (pin.name, str(pin.specifier)) for pin in locked("demo.txt") if pin.name not in build
    } <= whole


def test_what_is_installed_is_what_was_locked() -> None:
    here = {key: str(value) for key, value in default_environment().items()}
    wrong = {
        pin.name: (version(pin.name), str(pin.specifier))
        for name in INSTALLED
        for pin in locked(name)
        if pin.marker is None or pin.marker.evaluate(here)
        if f"=={version(pin.name)}" != str(pin.specifier)
    }
    assert wrong == {}
