"""The tests for an account pass on the emulator, and run only when they are asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from iflytek_spark.emulator import Emulator

ROOT = Path(__file__).parents[1]


def run_pytest(*arguments: str, **variables: str) -> str:
    command = [sys.executable, "-m", "pytest", "-o", "addopts=", "-q", "-p", "no:cacheprovider"]
    result = subprocess.run(
        [*command, "-rs", *arguments, "tests/live"],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout + result.stderr


@pytest.mark.slow("a run of pytest of its own, whose environment nothing else may have cleaned")
def test_they_pass_on_the_emulator(emulator: Emulator) -> None:
    shown = run_pytest("-m", "live", **emulator.environment)
    assert "14 passed" in shown, shown


@pytest.mark.slow("two runs of pytest; one alone would not show both rules")
def test_they_are_left_out_by_default_and_skipped_without_keys() -> None:
    assert "14 deselected" in run_pytest("-m", "not slow")
    assert "14 skipped" in run_pytest("-m", "live")
