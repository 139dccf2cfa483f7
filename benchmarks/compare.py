"""Measures two checkouts in turn, in one run: ``python -m benchmarks.compare --before PATH``.

Both are driven by the cases and servers of this checkout, which use nothing but what the packages
are meant to be used by; only ``iflytek_spark``, ``langchain_spark`` and ``llama_index_spark`` are
each checkout's own. Every sample is a process, a pair of samples follows each other, and the order
is turned round from one round to the next. Costs are seconds of CPU, of the user and the system,
in the process that is measured: another's work beside it disturbs them far less than the clock.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.proxies.work import full_speed
from benchmarks.report.page import number, plain
from benchmarks.report.results import ROOT
from benchmarks.runner import Run, Section
from benchmarks.sampling import Metrics, fresh, program
from benchmarks.sections import chunks, gateway, growth

PACKAGES = ("iflytek_spark", "langchain_spark", "llama_index_spark")
CHUNKS = (*growth.FLOORS, "ChatSpark, a tool call")
METRICS = {"chunks": ("µs",), "gateway": ("value",), "growth": ("20,000", "growth"),
           "imports": ("ms of CPU", "ms")}  # fmt: skip
"""Sections, and what is compared of each."""
SIDES = ("before", "after")
ROUNDS = 7
_GATEWAY = partial(full_speed, repeats=40)
"""The kernel counts another process's CPU by hundredths of a second: this takes about one."""
Environment: TypeAlias = Mapping[str, str]
Row: TypeAlias = Callable[[Any, Environment], Metrics]


@contextlib.contextmanager
def environments(checkouts: Mapping[str, Path]) -> Iterator[Mapping[str, Environment]]:
    """Yield for each checkout what makes a process use its packages, and these benchmarks.

    Raises:
        SampleError: when a checkout lacks a package, or another one would be measured.
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "benchmarks").symlink_to(Path(__file__).parent)
        found = {
            name: {"PYTHONPATH": f"{folder}{os.pathsep}{path}", "PYTHONSAFEPATH": "1"}
            for name, path in checkouts.items()
        }
        for name, path in checkouts.items():
            for package in PACKAGES:
                own = f"m.__file__.startswith({f'{path}{os.sep}'!r})"
                program(f"import {package} as m; assert {own}, m.__file__", found[name])
        yield found


def sections(sides: Mapping[str, Environment], chosen: str) -> list[Section]:
    """Return what is measured, for each side a row of its own.

    Args:
        sides: what makes a process use one side's packages.
        chosen: a part of the names of the rows that are wanted.
    """

    def section(name: str, seconds: float, place: Any, rows: Mapping[str, Row]) -> Section:
        both = {
            f"{side}: {row}": partial(_sample, sample, environment)
            for row, sample in rows.items()
            if chosen in row
            for side, environment in sides.items()
        }
        return Section(name, name, "", seconds, place, both)

    cost, long = (
        {row: _case(function, row) for row in rows}
        for function, rows in (("typical", CHUNKS), ("growth", growth.FLOORS))
    )
    imports = {f"import {package}": _import(package) for package in PACKAGES}
    return [
        section("chunks", 45, chunks.SECTION.place, cost),
        section("gateway", 12, gateway.place, {"gateway, full speed": _gateway}),
        section("growth", 40, growth.ANSWERS.place, long),
        section("imports", 6, contextlib.nullcontext, imports),
    ]


def _sample(row: Row, environment: Environment, place: Any) -> Metrics:
    return row(place, environment)


def _case(function: str, row: str) -> Row:
    def sample(place: Any, environment: Environment) -> Metrics:
        case = chunks.CASES[row]
        return fresh(f"measuring:{function}", case, place, environment=environment)

    return sample


def _gateway(place: gateway.Place, environment: Environment) -> Metrics:
    return gateway.of_gateway(_GATEWAY, "fast", place, **environment)


def _import(package: str) -> Row:
    return lambda _, environment: program(f"import {package}", environment)


def table(run: Run) -> str:
    """Return the medians, their ratio, the median of the pairs' ratios, and each side's spread."""
    lines = ["| row | metric | before | after | ratio | of pairs | spread |"]
    for section, rows in run.samples.items():
        for row in (name.removeprefix("before: ") for name in rows if name.startswith("before: ")):
            for metric in METRICS[section]:
                both = [[one[metric] for one in rows[f"{side}: {row}"]] for side in SIDES]
                if all(both):
                    lines.append("| " + " | ".join([row, metric, *_cells(*both)]) + " |")
    return plain(lines)


def _cells(before: list[float], after: list[float]) -> list[str]:
    medians = [statistics.median(before), statistics.median(after)]
    ratio = medians[1] / medians[0]
    paired = statistics.median(one / other for one, other in zip(after, before))
    spreads = [
        f"±{(max(values) - min(values)) / median * 50:.0f} %"
        for values, median in zip((before, after), medians)
    ]
    return [*map(number, medians), f"{ratio:.3f}", f"{paired:.3f}", " ".join(spreads)]


def main() -> int:
    """Run the command line, and return its exit code: 1 when a sample failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("--before", type=Path, required=True, help="a checkout")
    parser.add_argument("--after", type=Path, default=ROOT, help="another; this one by default")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"pairs; {ROUNDS} by default")
    parser.add_argument("--only", action="append", choices=METRICS, help="a section")
    parser.add_argument("--row", default="", help="only rows with this in their names")
    args = parser.parse_args()
    run = Run()
    checkouts = dict(zip(SIDES, (args.before.resolve(), args.after.resolve())))
    with environments(checkouts) as sides:
        for section in sections(sides, args.row):
            if section.rows and (not args.only or section.name in args.only):
                run.section(section, args.rounds)
    print(table(run))
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())
