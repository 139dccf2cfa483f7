"""Runs sections: every row in each round, the order turned round from one to the next.

So a machine whose speed drifts treats all rows alike. A row that fails is noted and does not
stop the others.
"""

from __future__ import annotations

import math
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from benchmarks.sampling import Metrics, SampleError

Samples: TypeAlias = dict[str, dict[str, list[Metrics]]]
"""By section and row."""
_FAILURES = (
    SampleError, OSError, RuntimeError, ValueError, ArithmeticError, subprocess.SubprocessError,
)  # fmt: skip


@dataclass(frozen=True)
class Section:
    """Rows that are measured beside each other.

    Attributes:
        name: for the command line and the results.
        title: what is measured, with its unit.
        about: how, for the page.
        seconds: how long a round takes, one sample after the other, about.
        place: starts what the rows need, and gives it to them.
        rows: each takes one sample.
        reference: the row that the page compares the others' last metric with, if any.
        at_once: how many samples are taken at the same time; more than one only where they
            mostly wait.
    """

    name: str
    title: str
    about: str
    seconds: float
    place: Callable[[], AbstractContextManager[Any]]
    rows: Mapping[str, Callable[[Any], Metrics]]
    reference: str = ""
    at_once: int = 1

    def estimate(self, rounds: int) -> float:
        """Return about how many seconds so many rounds take."""
        samples = rounds * len(self.rows)
        return self.seconds / len(self.rows) * math.ceil(samples / self.at_once)


@dataclass
class Run:
    """What was measured.

    Attributes:
        samples: by section and row, in the order in which they were taken.
        failures: the last error of each row that had one, by ``section: row``.
    """

    samples: Samples = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def section(self, section: Section, rounds: int) -> None:
        """Measure a section."""
        known = self.samples.setdefault(section.name, {row: [] for row in section.rows})
        start = time.monotonic()
        try:
            with section.place() as place:
                for row, sample in _sample(section, place, rounds):
                    self._note(section.name, row, known, sample)
        except _FAILURES as error:
            self._fail(section.name, "all", error)
        _say(f"{section.name}: {time.monotonic() - start:.0f} s\n")

    def _note(
        self, section: str, row: str, known: dict[str, list[Metrics]], sample: _Sample
    ) -> None:
        try:
            known[row].append(sample())
            _say(".")
        except _FAILURES as error:
            self._fail(section, row, error)

    def _fail(self, section: str, row: str, error: Exception) -> None:
        self.failures[f"{section}: {row}"] = f"{type(error).__name__}: {error}"
        _say(f"\n{section}: {row} failed: {error}\n")


_Sample: TypeAlias = Callable[[], Metrics]


def _sample(section: Section, place: Any, rounds: int) -> Iterator[tuple[str, _Sample]]:
    """Yield, for each sample, its row and what takes it or raises."""
    rows = list(section.rows)
    turns = [row for turn in range(rounds) for row in (rows if turn % 2 == 0 else rows[::-1])]
    if section.at_once == 1:
        for row in turns:
            yield row, lambda row=row: section.rows[row](place)  # type: ignore[misc]
        return
    with ThreadPoolExecutor(section.at_once) as pool:
        futures = [(row, pool.submit(section.rows[row], place)) for row in turns]
        for row, future in futures:
            yield row, future.result


def _say(text: str) -> None:
    print(text, end="", flush=True)
