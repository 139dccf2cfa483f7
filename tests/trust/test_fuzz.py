"""The fuzzer in its short form, and what it must be able to see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.mutation import mutate
from fuzz.targets import TARGETS
from iflytek_spark.errors import SparkError

pytest.importorskip("atheris", reason="atheris exists for Linux and Python before 3.14 only")
ROOT = Path(__file__).parent.parent.parent
ANSWERED = [name for name in TARGETS if name not in ("answer", "refusal")]


FAILED_ONCE = [
    ("websocket", b"GET / HTTP/1.1\r\nHost: spark\r\n\r\nUpgrade: websocket\r\n"),
]


@pytest.mark.parametrize(("name", "data"), FAILED_ONCE)
def test_what_failed_once(name: str, data: bytes) -> None:
    try:
        TARGETS[name].run(data)
    except TARGETS[name].expected:
        return


@pytest.mark.exhaustive
@pytest.mark.slow("fewer inputs find nothing that the seeds do not")
def test_only_our_own_errors_come_out() -> None:
    command = [sys.executable, "-m", "fuzz", "--runs", "3000", "--together"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "3,000  inputs in all" in done.stdout


@pytest.mark.parametrize("name", ANSWERED)
def test_the_seeds_are_accepted(name: str) -> None:
    for data in TARGETS[name].seeds():
        TARGETS[name].run(data)


def test_the_seeds_of_answers_are_whole_answers_and_errors() -> None:
    outcomes = set()
    for data in TARGETS["answer"].seeds():
        try:
            TARGETS["answer"].run(data)
        except SparkError as error:
            outcomes.add(type(error).__name__)
        else:
            outcomes.add("whole")
    assert outcomes == {"whole", "ToolNotCalledError", "PermissionDeniedError"}


def test_a_change_is_mostly_still_json() -> None:
    """Bytes changed at random would hardly ever get past the JSON parser."""
    (first, *_) = TARGETS["frame"].seeds()
    changed = {mutate(first, 16384, seed, lambda data, _: data) for seed in range(200)}
    passed = 0
    for data in changed:
        try:
            TARGETS["frame"].run(data)
        except SparkError:
            continue
        passed += 1
    assert len(changed) > 30
    assert passed > len(changed) / 4
