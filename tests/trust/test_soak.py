"""The soak in its short form: what it counts, and that it would see a leak."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.soak import BOUNDS, SAMPLES, Sample, report

ROOT = Path(__file__).parent.parent.parent
FLAT = Sample(memory=1000.0, sockets=3, files=9, threads=7, tasks=1)


@pytest.mark.slow("in fewer calls a leak is smaller than what allocators keep")
def test_nothing_grows() -> None:
    command = [sys.executable, "-m", "benchmarks.soak", "--calls", "600"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for kind in ("closed early", "cancelled", "ChatSpark.ainvoke", "StreamInterruptedError"):
        assert f" {kind}" in done.stdout


@pytest.mark.parametrize("name", Sample._fields)
def test_a_leak_is_seen(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One more thing is held after each thousand calls than the bound allows."""
    step = getattr(BOUNDS, name) * 2
    leaking = [FLAT._replace(**{name: getattr(FLAT, name) + n * step}) for n in range(SAMPLES)]
    assert report(leaking, Counter(), SAMPLES * 1000) == 1
    assert report([FLAT] * SAMPLES, Counter(), SAMPLES * 1000) == 0
    assert f"{name}: +{step:.3f}" in capsys.readouterr().out
