"""What is done in the process of a sample: seconds of CPU are counted, of all its threads.

Before the clock starts the garbage is collected: the first full collection after an import goes
over all that was imported, which takes as long as thousands of chunks, and falls anywhere.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from importlib import import_module

from benchmarks.cases import Place, load
from benchmarks.sampling import Metrics

REPEATS = 5
RUNS = 21
CONSTRUCTIONS = 200
CALLS = 40
GROWN = 20_000
"""Chunks that are measured at each length, in one answer or in many."""


def chunks(case: str, place: Sequence[object]) -> Metrics:
    """Return µs of CPU per unit, after one run that is not counted."""
    once = _work(case, place)
    units = once()
    gc.collect()
    return {"µs": cpu(once, REPEATS) / units * 1e6}


def typical(case: str, place: Sequence[object]) -> Metrics:
    """Return µs of CPU per unit: the median of many runs, which a busy machine disturbs least."""
    once = _work(case, place)
    units = once()
    gc.collect()
    return {"µs": statistics.median(cpu(once, 1) for _ in range(RUNS)) / units * 1e6}


def growth(case: str, places: Sequence[Sequence[object]]) -> Metrics:
    """Return µs of CPU per chunk for answers of several lengths, and how the last one compares."""
    costs: Metrics = {}
    for place in places:
        length = _place(place).chunks
        once, repeats = _work(case, place), max(1, GROWN // length // 4)
        if not costs:
            once()
        gc.collect()
        costs[f"{length:,}"] = cpu(once, repeats) / length * 1e6
    *shorter, longest = costs.values()
    return {**costs, "growth": max(1.0, longest / min(shorter))}


def history(case: str, places: Sequence[Sequence[object]]) -> Metrics:
    """Return µs of CPU per call at three lengths of a conversation.

    They are the lowest of several calls, the lengths in turn: what a message costs is a hundredth
    of what chance adds to a call. The growth is the cost of a message between the second and the
    third length, against between the first and the second.
    """
    lengths = [_place(place).messages for place in places]
    calls = [_work(case, place) for place in places]
    for once in calls:
        once()
    gc.collect()
    rounds = [[cpu(once, 1) for once in calls] for _ in range(CALLS)]
    costs: Metrics = {
        f"{length:,}": min(seconds) * 1e6 for length, seconds in zip(lengths, zip(*rounds))
    }
    steps = [
        (costs[f"{after:,}"] - costs[f"{before:,}"]) / (after - before)
        for before, after in itertools.pairwise(lengths)
    ]
    return {**costs, "growth": steps[1] / steps[0]}


def construction(library: str, maker: str, place: Sequence[object]) -> Metrics:
    """Return µs of CPU to make an object, the first one in a process apart."""
    import_module(library)
    make, where = load(maker), _place(place)
    gc.collect()
    first = cpu(lambda: make(where), 1)
    gc.collect()
    return {"first": first * 1e6, "further": cpu(lambda: make(where), CONSTRUCTIONS) * 1e6}


def cpu(run: Callable[[], object], repeats: int) -> float:
    """Return the seconds of CPU that a function takes, on average."""
    start = time.process_time()
    for _ in range(repeats):
        run()
    return (time.process_time() - start) / repeats


def _work(case: str, place: Sequence[object]) -> Callable[[], int]:
    """Return what does a case once, and refuses to have seen nothing."""
    work, where = load(case), _place(place)

    def once() -> int:
        result = work(where)
        units = asyncio.run(result) if inspect.iscoroutine(result) else result
        assert isinstance(units, int)
        assert units, f"{case} saw nothing"
        return units

    return once


def _place(values: Sequence[object]) -> Place:
    """Return what JSON has carried as a list."""
    return Place._make(values)
