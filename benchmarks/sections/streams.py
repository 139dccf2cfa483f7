"""Many paced streams at once in one process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from benchmarks.runner import Section
from benchmarks.sampling import Metrics, fresh, serving
from benchmarks.servers.paced import CHUNKS, PACE

COUNTS = {1: 0.0, 100: 0.5, 1000: 5.0}
"""Streams, and the seconds over which they begin."""
SURFACES = {"AsyncSparkClient.stream": "core", "ChatSpark.astream": "chat_spark"}


@contextlib.contextmanager
def _place() -> Iterator[str]:
    with serving("servers.paced") as (port, _):
        yield f"ws://127.0.0.1:{port}"


def row(name: str, count: int, manner: str = "") -> str:
    """Return the name of a row."""
    return f"{name}, {count:,}{manner}"


def _sample(
    surface: str, count: int, spread: float, *, frozen: bool = False
) -> Callable[[str], Metrics]:
    return lambda url: fresh("cases.paced:measure", surface, url, count, spread, frozen)


BURST = " in one instant"
FROZEN = " after gc.freeze()"
SECTION = Section(
    name="streams",
    title="Concurrent paced streams in one process",
    about=f"Answers of {CHUNKS} chunks, one every {PACE:g} s, the first {PACE:g} s after the "
    f"question: that, and {CHUNKS * PACE:g} s for the whole, are the ideal. A stream begins every "
    f"5 ms, so that all are open together; *{BURST.strip()}* asks 1,000 times before "
    "it reads anything, and then opening the connections takes its time: that has no goal. "
    f"*{FROZEN.strip()}*: the garbage collector leaves alone what was imported.",
    seconds=70,
    place=_place,
    rows={
        **{
            row(name, count): _sample(surface, count, spread)
            for name, surface in SURFACES.items()
            for count, spread in COUNTS.items()
        },
        row("ChatSpark.astream", 1000, FROZEN): _sample(
            "chat_spark", 1000, COUNTS[1000], frozen=True
        ),
        row("AsyncSparkClient.stream", 1000, BURST): _sample("core", 1000, 0.0),
    },
)
