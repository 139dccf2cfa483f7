"""The gateway as a program of its own, started in a folder with an environment."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

_READY = "listening on "
_PATIENCE = 30.0


class Program:
    """A gateway that runs.

    Attributes:
        printed: the lines on stderr until it answered.
        url: where it answers.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.printed: list[str] = []
        self.url = ""
        self._lines: queue.Queue[str] = queue.Queue()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        while not self.url:
            self._note(self.next_line())

    def next_line(self) -> str:
        """The next line on stderr; fails when there is none in time, or the program has ended."""
        line = self._lines.get(timeout=_PATIENCE)
        assert line, f"the gateway ended: {self.printed}"
        return line

    def end(self) -> tuple[int, list[str]]:
        """Wait for the program's end; returns its status and the further lines on stderr."""
        status = self.process.wait(_PATIENCE)
        self._reading.join(_PATIENCE)
        return status, list(iter(self._lines.get, ""))

    def stop(self, signal: int) -> tuple[int, list[str]]:
        """Send a signal, and wait for the program's end."""
        self.process.send_signal(signal)
        return self.end()

    def _note(self, line: str) -> None:
        if line.startswith(_READY):
            self.url = line.removeprefix(_READY)
        else:
            self.printed.append(line)

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._lines.put(line.rstrip("\n"))
        self._lines.put("")


@contextlib.contextmanager
def running(
    folder: Path,
    *arguments: str,
    environ: Mapping[str, str] = os.environ,
    python: str = sys.executable,
) -> Iterator[Program]:
    """Start a gateway in a folder, on a free port, and yield it when it answers."""
    command = [python, "-W", "error", "-m", "iflytek_spark.gateway", "--port", "0"]
    with (
        (folder / "stdout").open("w") as stdout,
        subprocess.Popen(
            [*command, *arguments],
            cwd=folder,
            env={**environ},
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield Program(process)
        finally:
            process.kill()


def workers_of(gateway: Program) -> list[int]:
    """The processes that the port's owner has started, without multiprocessing's tracker."""
    number = gateway.process.pid
    children = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii").split()
    return [int(child) for child in children if b"spawn_main" in _command_of(child)]


def _command_of(process: str) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except FileNotFoundError:  # it has ended since
        return b""
