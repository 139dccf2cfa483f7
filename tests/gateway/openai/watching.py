"""Watches a gateway's process from outside: how long it keeps others waiting, what it takes."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

_PAUSE = 0.01


class Seen:
    """What was seen of a process.

    Attributes:
        wait: the longest time, in seconds, that ``/healthz`` took.
        memory: the most bytes that it took above what it had.
    """

    def __init__(self) -> None:
        self.wait = 0.0
        self.memory = 0


@contextmanager
def watching(url: str, pid: int) -> Iterator[Seen]:
    """Ask for ``/healthz`` again and again while the block runs."""
    seen, ended = Seen(), threading.Event()

    def watch() -> None:
        with httpx2.Client(timeout=60) as client:
            while not ended.is_set():
                begun = time.monotonic()
                assert client.get(f"{url}/healthz").status_code == 200
                seen.wait = max(seen.wait, time.monotonic() - begun)
                ended.wait(_PAUSE)

    before = _memory(pid, "VmRSS")
    _forget_peak(pid)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()
        seen.memory = max(_memory(pid, "VmHWM") - before, 0)


def _forget_peak(pid: int) -> None:
    if sys.platform == "linux":
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def _memory(pid: int, name: str) -> int:
    """Return the bytes of a row of Linux's status of a process, and elsewhere nothing."""
    if sys.platform != "linux":
        return 0
    rows = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    row = next(row for row in rows if row.startswith(name))
    return int(row.split()[1]) * 1024
