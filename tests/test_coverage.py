"""The pure room of chat is covered whole, branch by branch, by the tests of the pure room alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
CHAT = ("chat", "events", "flow", "frames", "handshake", "retry", "signing", "steps", "stop")


def test_every_branch_of_the_pure_room_is_taken(tmp_path: Path) -> None:
    data = f"--data-file={tmp_path / 'coverage'}"
    modules = ",".join(f"iflytek_spark/protocol/{name}.py" for name in CHAT)
    run("run", "--branch", data, "-m", "pytest", "tests/protocol", "-p", "no:cacheprovider")
    report = run("report", data, f"--include={modules}", "--show-missing", "--fail-under=100")
    assert report.returncode == 0, report.stdout
    assert report.stdout.count("100%") == len(CHAT) + 1


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "coverage", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
