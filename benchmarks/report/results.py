"""The results of a run, as they are kept: raw samples, on which machine, with which versions."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import statistics
import subprocess
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.proxies.processes import LITELLM
from benchmarks.runner import Samples

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "results"
ROUNDS = 5
"""Samples of each row that a median is made of, at least."""
_LIBRARIES = (
    "iflytek-spark", "websocket-client", "websockets", "httpx2", "pydantic",
    "langchain-core", "langchain-openai", "openai", "langchain-community", "spark-ai-python",
    "llama-index-core", "llama-index-llms-openai-like", "fastapi", "uvicorn", "uvloop",
)  # fmt: skip


@dataclass(frozen=True)
class Results:
    """A run.

    Attributes:
        date: on which day.
        rounds: samples of each row.
        seconds: how long it took.
        machine: what it ran on.
        versions: of Python and of the libraries.
        load: the machine's load average over a minute, at the start and at the end.
        samples: by section and row.
        failures: what failed, by ``section: row``.
    """

    date: str
    rounds: int
    seconds: float
    machine: dict[str, str]
    versions: dict[str, str]
    load: dict[str, float]
    samples: Samples
    failures: dict[str, str]

    def median(self, section: str, row: str, metric: str) -> float | None:
        """Return the median of a row's metric, or None when there is none."""
        return self.medians(section, row).get(metric)

    def medians(self, section: str, row: str) -> dict[str, float]:
        """Return the median of each of a row's metrics."""
        taken = self.samples.get(section, {}).get(row, [])
        return {
            metric: statistics.median(self.values(section, row, metric))
            for metric in (taken[0] if taken else ())
        }

    def values(self, section: str, row: str, metric: str) -> list[float]:
        """Return all samples of a row's metric."""
        taken = self.samples.get(section, {}).get(row, [])
        return [metrics[metric] for metrics in taken if metric in metrics]

    def save(self, folder: Path) -> Path:
        """Write it into a folder, under its date."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.date}.json"
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        path.write_text(_NUMBERS.sub(_line, text) + "\n", encoding="utf-8")
        return path


_ABSENT = "not installed"
_NUMBERS = re.compile(r"\{[^{}\[\]]*\}")


def _line(match: re.Match[str]) -> str:
    """Return an innermost object in one line, its numbers with the digits that mean something."""
    found: dict[str, Any] = json.loads(match[0])
    short = {
        name: float(f"{value:.5g}") if isinstance(value, float) else value
        for name, value in found.items()
    }
    return json.dumps(short, ensure_ascii=False)


def load(path: Path) -> Results:
    """Read what was kept."""
    return Results(**json.loads(path.read_text(encoding="utf-8")))


def newest(folder: Path) -> Path:
    """Return the latest run that was kept.

    Raises:
        FileNotFoundError: when there is none.
    """
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise FileNotFoundError(f"no results in {folder}; `make bench` makes them")
    return paths[-1]


def today() -> str:
    """Return the date."""
    return datetime.datetime.now(tz=datetime.UTC).date().isoformat()


def busy() -> float:
    """Return the machine's load average over the last minute."""
    return round(os.getloadavg()[0], 2)


def machine() -> dict[str, str]:
    """Return what this runs on."""
    names = re.findall(r"model name\s*: (.+)", _cpu_info())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": names[0] if names else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
    }


def _cpu_info() -> str:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="ascii") if path.exists() else ""


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries."""
    known = {"Python": platform.python_version()}
    known |= {name: _version(name) for name in _LIBRARIES}
    return {**known, "litellm": _litellm()}


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:  # not every peer has a version for every Python
        return _ABSENT


def _litellm() -> str:
    """Ask the place of its own in which litellm is installed."""
    python = LITELLM.parent / "python"
    if not python.exists():
        return _ABSENT
    code = "from importlib.metadata import version; print(version('litellm'))"
    done = subprocess.run([python, "-c", code], check=False, capture_output=True, text=True)
    return done.stdout.strip()
