"""Fuzzes every target in turn, each in a process of its own, and prints how many inputs it took."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fuzz.targets import TARGETS

MAX_BYTES = 16384
"""Bytes of the longest input; a vector's answer has 14,000."""


def main() -> int:
    """Run the command line, and return its exit code: 1 when a target failed."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000, help="inputs of all together")
    parser.add_argument("--target", choices=TARGETS, action="append", help="only this one")
    parser.add_argument("--together", action="store_true", help="one process for all, for few runs")
    parser.add_argument("--seed", type=int, default=0, help="0 for another one each time")
    args = parser.parse_args()
    names = args.target or list(TARGETS)
    groups = [names] if args.together else [[name] for name in names]
    counts = [_fuzz(group, -(-args.runs // len(groups)), args.seed) for group in groups]
    print(f"{sum(filter(None, counts)):>12,}  inputs in all")
    return 1 if None in counts else 0


def _fuzz(names: list[str], runs: int, seed: int) -> int | None:
    """Fuzz targets in one process; return its number of inputs, or None when one failed."""
    title, started = ", ".join(names), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        _write_seeds(names, corpus)
        done = _child(names, runs, seed, corpus)
        found = [path.read_bytes() for path in Path(folder).glob("*-*")]
    count = re.search(r"^Done (\d+) runs in", done.stderr, re.MULTILINE)
    if done.returncode or count is None:
        print(f"{title}: failed\n{done.stdout}\n{done.stderr[-4000:]}\ninput: {found}")
        return None
    seconds = time.monotonic() - started
    print(f"{int(count[1]):>12,}  {title} ({seconds:.1f} s)", flush=True)
    return int(count[1])


def _write_seeds(names: list[str], corpus: Path) -> None:
    """Write the seeds, each with the byte that chooses its target."""
    for chosen, name in enumerate(names):
        for number, data in enumerate(TARGETS[name].seeds()):
            Path(corpus, f"{chosen}.{number}").write_bytes(bytes([chosen]) + data)


def _child(
    names: list[str], runs: int, seed: int, corpus: Path
) -> subprocess.CompletedProcess[str]:
    options = {
        "runs": runs,
        "seed": seed,
        "max_len": MAX_BYTES,
        "len_control": 0,
        "timeout": 10,
        "rss_limit_mb": 2048,
        "artifact_prefix": f"{corpus.parent}/",
    }
    flags = [f"-{key}={value}" for key, value in options.items()]
    command = [sys.executable, "-m", "fuzz.child", ",".join(names), *flags, str(corpus)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)


if __name__ == "__main__":
    sys.exit(main())
