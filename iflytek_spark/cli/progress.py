"""How far a job is, on standard error: a bar where a person looks on, else nothing."""

from __future__ import annotations

import sys
import time
from typing import Self

_WIDTH = 30
_SECONDS = 0.1
"""Between two bars at least: writing them takes time too."""


class ProgressBar:
    """One line that is written again and again, and stays when it ends."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._visible = sys.stderr.isatty()
        self._shown = 0.0
        self._open = False

    def show(self, done: int, total: int) -> None:
        """Show that so many of all are done."""
        now = time.monotonic()
        if not self._visible or (done < total and now - self._shown < _SECONDS):
            return
        self._shown, self._open = now, True
        full = _WIDTH * done // max(total, 1)
        share = done / max(total, 1)
        bar = "#" * full + "." * (_WIDTH - full)
        print(f"\r[{bar}] {share:4.0%}  {done:,} of {total:,}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Let what follows begin on a line of its own."""
        if self._open:
            print(file=sys.stderr)
            self._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.end()
