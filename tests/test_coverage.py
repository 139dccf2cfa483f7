"""The pure room is covered whole, branch by branch, by the tests of the pure room alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PURE_ROOM = "iflytek_spark/protocol"
TESTS = ("tests/unit/protocol", "tests/unit/batches")


@pytest.mark.exhaustive
@pytest.mark.slow("one test less may leave a branch that no other takes")
def test_every_branch_of_the_pure_room_is_taken(tmp_path: Path) -> None:
    data = f"--data-file={tmp_path / 'coverage'}"
    options = ("--hypothesis-profile=few", "-p", "no:cacheprovider")
    run("run", "--branch", data, f"--source={PURE_ROOM}", "-m", "pytest", *TESTS, *options)
    report = run("report", data, "--show-missing", "--skip-covered", "--fail-under=100")
    assert report.returncode == 0, report.stdout
    files = list((ROOT / PURE_ROOM).rglob("*.py"))
    assert f"{len(files)} files skipped" in report.stdout


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "coverage", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
