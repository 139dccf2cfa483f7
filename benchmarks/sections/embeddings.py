"""Vectors of 1,000 texts at the service's limit."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from benchmarks.cases.embeddings import IDEAL, LIMIT, TEXTS
from benchmarks.runner import Section
from benchmarks.sampling import Metrics, fresh

AT_ONCE = 4


def _row(surface: str) -> Callable[[None], Metrics]:
    return lambda _: fresh("cases.embeddings:measure", surface)


SECTION = Section(
    name="embeddings",
    title=f"Embeddings of {TEXTS:,} texts at {LIMIT} a second, wall time",
    about=f"The service refuses what is above {LIMIT} requests in a second; the "
    f"ideal is {IDEAL:g} s. {AT_ONCE} samples are taken at the same time, each with a service of "
    "its own: they mostly wait.",
    seconds=110,
    place=contextlib.nullcontext,
    rows={"SparkClient.embed": _row("sync"), "AsyncSparkClient.embed": _row("async")},
    at_once=AT_ONCE,
)
