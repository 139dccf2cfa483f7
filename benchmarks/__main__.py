"""``python -m benchmarks``: measures everything, and writes down what it found.

Samples go to ``benchmarks/results/``, and from the newest of them ``docs/performance.md`` and
``docs/performance.png`` are made. The order of rows is turned round from one round to the next,
each sample is taken in a fresh process, and the medians' ratios are what to read.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

from benchmarks.report import results as kept
from benchmarks.report.page import details, page, plain, table
from benchmarks.runner import Run, Section
from benchmarks.sections import SECTIONS

DOCS = kept.ROOT / "docs"
PAGE, CHART = "performance.md", "performance.png"


def main() -> int:
    """Run the command line, and return its exit code: 1 when a sample failed."""
    names = [section.name for section in SECTIONS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=kept.ROUNDS, help="samples of each row")
    parser.add_argument("--only", action="append", choices=names, help="measure it, and print")
    parser.add_argument("--to", type=Path, help="where samples, page and chart go")
    parser.add_argument("--write", action="store_true", help="page and chart, from the newest run")
    args = parser.parse_args()
    if args.write:
        write(args.to or kept.FOLDER, args.to or DOCS)
        return 0
    sections = [one for one in SECTIONS if not args.only or one.name in args.only]
    results = measure(sections, args.rounds)
    show(sections, results)
    whole = not args.only and args.rounds >= kept.ROUNDS
    if whole or args.to:
        print(f"\nwritten: {results.save(args.to or kept.FOLDER)}")
        write(args.to or kept.FOLDER, args.to or DOCS)
    return 1 if results.failures else 0


def measure(sections: list[Section], rounds: int) -> kept.Results:
    """Measure sections, one after the other."""
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    seconds = sum(section.estimate(rounds) for section in sections)
    print(
        f"{len(sections)} sections, {rounds} rounds: about {seconds / 60:.0f} minutes", flush=True
    )
    run, start, load = Run(), time.monotonic(), kept.busy()
    for number, section in enumerate(sections, 1):
        left = sum(one.estimate(rounds) for one in sections[number - 1 :])
        print(f"[{number}/{len(sections)}, about {left / 60:.0f} minutes left] ", end="")
        run.section(section, rounds)
    return kept.Results(
        date=kept.today(), rounds=rounds, seconds=round(time.monotonic() - start),
        machine=kept.machine(), versions=kept.versions(),
        load={"start": load, "end": kept.busy()}, samples=run.samples, failures=run.failures,
    )  # fmt: skip


def show(sections: list[Section], results: kept.Results) -> None:
    """Print the figures, and the one table when there is something in it."""
    texts = [details(section, results) for section in sections]
    for text in [*texts, table(results)] if len(sections) == len(SECTIONS) else texts:
        lines = text.splitlines()
        print("\n" + "\n".join(line for line in lines if line and line[0] != "|"))
        print(plain(line for line in lines if line.startswith("|") and "--" not in line))
    for row, message in results.failures.items():
        print(f"failed: {row}: {message}")


def write(samples: Path, folder: Path) -> None:
    """Write page and chart from the newest samples in a folder."""
    from benchmarks.report.chart import draw

    results = kept.load(kept.newest(samples))
    (folder / PAGE).write_text(page(results), encoding="utf-8")
    draw(results, folder / CHART)
    print(f"written: {folder / PAGE}, {folder / CHART}")


if __name__ == "__main__":
    sys.exit(main())
