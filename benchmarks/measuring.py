"""What is done in the process of a sample: seconds of CPU are counted, of all its threads."""

from __future__ import annotations

import asyncio
import inspect
import statistics
import time
from collections.abc import Callable, Sequence
from importlib import import_module

from benchmarks.cases import Place, load
from benchmarks.sampling import Metrics

REPEATS = 10
CONSTRUCTIONS = 200
CALLS = 20
GROWN = 20_000
"""Chunks that are measured at each length, in one answer or in many."""


def chunks(case: str, place: Sequence[object]) -> Metrics:
    """Return µs of CPU per unit, after one run that is not counted."""
    once = _work(case, place)
    once()
    units = 0

    def counted() -> None:
        nonlocal units
        units = once()

    seconds = cpu(counted, REPEATS)
    return {"µs": seconds / units * 1e6}


def growth(case: str, places: Sequence[Sequence[object]]) -> Metrics:
    """Return µs of CPU per chunk for answers of several lengths, and how the last one compares."""
    costs: Metrics = {}
    for place in places:
        length = Place(*place).chunks  # type: ignore[arg-type]
        once, repeats = _work(case, place), max(1, GROWN // length // 4)
        once()
        costs[f"{length:,}"] = cpu(once, repeats) / length * 1e6
    *shorter, longest = costs.values()
    return {**costs, "growth": longest / min(shorter)}


def history(case: str, places: Sequence[Sequence[object]]) -> Metrics:
    """Return µs of CPU per call, the median of several, at three lengths of a conversation.

    The growth is what a message costs between the second and the third, against between the first
    and the second.
    """
    costs: Metrics = {}
    lengths = [Place(*place).messages for place in places]  # type: ignore[arg-type]
    for length, place in zip(lengths, places):
        once = _work(case, place)
        once()
        costs[f"{length:,}"] = statistics.median(cpu(once, 1) for _ in range(CALLS)) * 1e6
    steps = [
        (costs[f"{after:,}"] - costs[f"{before:,}"]) / (after - before)
        for before, after in zip(lengths, lengths[1:])
    ]
    return {**costs, "growth": steps[1] / steps[0]}


def construction(make: str, place: Sequence[object]) -> Metrics:
    """Return µs of CPU to make an object, the first one in a process apart."""
    module, _, function = make.partition(":")
    maker = getattr(import_module(f"benchmarks.{module}"), function)
    where = Place(*place)  # type: ignore[arg-type]
    first = cpu(lambda: maker(where), 1)
    return {"first": first * 1e6, "further": cpu(lambda: maker(where), CONSTRUCTIONS) * 1e6}


def importing(module: str) -> Metrics:
    """Return ms of wall time to import a module."""
    start = time.perf_counter()
    import_module(module)
    return {"ms": (time.perf_counter() - start) * 1e3}


def cpu(run: Callable[[], object], repeats: int) -> float:
    """Return the seconds of CPU that a function takes, on average."""
    start = time.process_time()
    for _ in range(repeats):
        run()
    return (time.process_time() - start) / repeats


def _work(case: str, place: Sequence[object]) -> Callable[[], int]:
    """Return what does a case once, and refuses to have seen nothing."""
    work, where = load(case), Place(*place)  # type: ignore[arg-type]

    def once() -> int:
        result = work(where)
        units = asyncio.run(result) if inspect.iscoroutine(result) else result
        assert isinstance(units, int)
        assert units, f"{case} saw nothing"
        return units

    return once
