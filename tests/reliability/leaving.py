"""The caller leaves: by break, exception, cancel, time-out, garbage collection, or for good."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from iflytek_spark.emulator import Emulator, Fault, faults
from tests._support.calls import AsyncCall, AsyncStream, Call, Stream, Surface, read
from tests.reliability.cases import PATIENT, SHORT
from tests.reliability.columns import Column
from tests.reliability.observing import Cell, forget_script
from tests.reliability.sites import Site, World
from tests.reliability.traces import PATIENCE, Footprint, LoopWatch, Outcome, nothing_kept

Sync = Call | Stream
Async = AsyncCall | AsyncStream
LATE = ", late"
INSIDE = faults.Silence(after=2)
ENDING = faults.Slow(0.1)
"""In place of a silence for whoever reads an answer that is left to its end."""


class CallerError(Exception):
    """Raised by the caller."""


@dataclass(frozen=True)
class Leaving:
    """A way to leave.

    Attributes:
        name: how and when.
        outcome: what the caller then has.
        fault: what keeps the answer from ending meanwhile.
        leave: how a thread leaves, if it can.
        aleave: how a task leaves, if it can.
        by_pieces: whether only a reader of pieces can leave in this way.
    """

    name: str
    outcome: str
    fault: Fault
    leave: Callable[[Any, Site], None] | None
    aleave: Callable[[Any, Site], Awaitable[None]] | None
    by_pieces: bool = False

    def surfaces(self, column: Column) -> tuple[Surface, ...]:
        """The surfaces of a column whose callers can leave so."""
        if self.fault == INSIDE and column.service == "post":
            return ()  # the one message of a response is its end
        return tuple(filter(self._possible, column.surfaces))

    def expected(self, column: Column) -> Cell | None:
        """What must come of it, or None where nobody can leave so."""
        late = LATE if self.by_pieces and column.drains else ""
        return Cell(self.outcome + late, False) if self.surfaces(column) else None

    def _possible(self, surface: Surface) -> bool:
        if self.by_pieces and not isinstance(surface, Stream | AsyncStream):
            return False
        return (self.leave if isinstance(surface, Sync) else self.aleave) is not None


def by_break(surface: Stream, site: Site) -> None:
    for _ in surface.start(site.target):
        break


async def aby_break(surface: AsyncStream, site: Site) -> None:
    async for _ in await surface.start(site.target):
        break


def by_exception(surface: Stream, site: Site) -> None:
    for _ in surface.start(site.target):
        raise CallerError


async def aby_exception(surface: AsyncStream, site: Site) -> None:
    async for _ in await surface.start(site.target):
        raise CallerError


def by_forgetting(surface: Stream, site: Site) -> None:
    pieces = surface.start(site.target)
    next(pieces)
    del pieces
    gc.collect()


async def aby_forgetting(surface: AsyncStream, site: Site) -> None:
    pieces = await surface.start(site.target)
    await anext(pieces)
    del pieces
    gc.collect()


def by_signal(surface: Sync, site: Site) -> None:
    """A signal's handler raises while the thread waits for the service."""
    main, seen = threading.get_ident(), noticed(site.spark)

    def interrupt() -> None:
        seen()
        signal.pthread_kill(main, signal.SIGUSR1)

    sender = threading.Thread(target=interrupt)
    with raising(signal.SIGUSR1):
        sender.start()
        try:
            read(surface, site.target)
        finally:
            sender.join()


@contextlib.contextmanager
def raising(number: signal.Signals) -> Iterator[None]:
    def handle(*_: object) -> None:
        raise CallerError

    before = signal.signal(number, handle)
    try:
        yield
    finally:
        signal.signal(number, before)


async def aby_cancel(surface: Async, site: Site) -> None:
    seen, begun = noticed(site.spark), asyncio.Event()
    task = asyncio.create_task(awatched(surface, site, begun))
    await asyncio.to_thread(seen)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(begun.wait(), SHORT)  # the first piece, where there is one
    task.cancel()
    await task


async def awatched(surface: Async, site: Site, begun: asyncio.Event) -> None:
    if isinstance(surface, AsyncCall):
        await surface.ask(site.target)
        return
    async for _ in await surface.start(site.target):
        begun.set()


async def aby_timeout(surface: Async, site: Site) -> None:
    async with asyncio.timeout(SHORT):
        await awatched(surface, site, asyncio.Event())


def noticed(spark: Emulator) -> Callable[[], object]:
    """A wait until the service has got as far with the next call as its script lets it."""
    journal = spark._log
    handshakes, requests = len(spark.handshakes), len(spark.requests)
    hangs = bool(journal._faults) and faults.HangHandshake() in journal._faults[0]

    def wait() -> bool:
        if hangs:
            return journal.wait_for(lambda seen: len(seen.handshakes) > handshakes, PATIENCE)
        return journal.wait_for(lambda seen: len(seen.requests) > requests, PATIENCE)

    return wait


def leavings() -> Iterator[Leaving]:
    places = {
        "while connecting": faults.HangHandshake(),
        "before the first frame": faults.Silence(),
        "inside the answer": INSIDE,
    }
    yield Leaving("break", "left", INSIDE, by_break, aby_break, by_pieces=True)
    own = CallerError.__name__
    yield Leaving("an exception in the loop", own, INSIDE, by_exception, aby_exception, True)
    yield Leaving("garbage collection", "left", INSIDE, by_forgetting, aby_forgetting, True)
    for place, fault in places.items():
        yield Leaving(f"an exception of a signal's handler, {place}", own, fault, by_signal, None)
        yield Leaving(f"cancel, {place}", "CancelledError", fault, None, aby_cancel)
        yield Leaving(f"asyncio.timeout, {place}", "TimeoutError", fault, None, aby_timeout)


LEAVINGS = tuple(leavings())


def observe(world: World, leaving: Leaving, column: Column, surface: Surface) -> Cell:
    """Leave, and note what the caller has then and what is left behind."""
    site = world.site("emulator", PATIENT)
    site = replace(site, target=column.target(site.target))
    if column.remote:
        surface.make(site.target)
    forget_script(site)
    fault = ENDING if leaving.by_pieces and column.drains else leaving.fault
    site.spark.script((column.recorded, fault) if column.service == "chat" else fault)
    handshakes, before = len(site.spark.handshakes), Footprint()
    began = time.monotonic()
    if isinstance(surface, Call | Stream):
        with nothing_kept():
            name, left = leave(leaving, surface, site)
    else:
        with nothing_kept():
            name, left = asyncio.run(aleave(leaving, surface, site))
    if leaving.by_pieces and column.drains and time.monotonic() - began > 3 * ENDING.seconds:
        name += LATE
    retried = len(site.spark.handshakes) - handshakes > 1
    return Cell(name, retried, (*left, *before.left()))


def leave(leaving: Leaving, surface: Sync, site: Site) -> tuple[str, list[str]]:
    """Leave; the exception is let go of, as a caller who has left does."""
    assert leaving.leave is not None
    with Outcome() as outcome:
        leaving.leave(surface, site)
    name = outcome.let_go()
    return name, [] if site.spark.wait_until_idle(PATIENCE) else ["socket"]


async def aleave(leaving: Leaving, surface: Async, site: Site) -> tuple[str, list[str]]:
    """Leave as a task; see :func:`leave`."""
    assert leaving.aleave is not None
    watch = LoopWatch()
    with Outcome() as outcome:
        await leaving.aleave(surface, site)
    return outcome.let_go(), await watch.left(site.spark)
