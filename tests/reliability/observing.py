"""Lets a fault strike a surface, and notes what comes of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from iflytek_spark.emulator import Fault
from tests._support.calls import AsyncCall, AsyncStream, Call, Stream, Surface, aread, read
from tests.reliability.cases import Case, Row
from tests.reliability.columns import Column
from tests.reliability.http_cases import http_case
from tests.reliability.sites import Site, World, no_such_host
from tests.reliability.traces import PATIENCE, Footprint, LoopWatch, Outcome, noted_waits

ANSWER = "answer"
Script = Sequence[tuple[Fault, ...] | None]


class Cell(NamedTuple):
    """What comes of a fault on a surface.

    Attributes:
        outcome: an exception's name, or ``answer`` for the whole answer.
        retried: whether the call was tried again.
        left: what was left behind.
    """

    outcome: str
    retried: bool
    left: tuple[str, ...] = ()


def case_of(row: Row, column: Column) -> Case | None:
    """What the fault is on this kind of surface, or None where it cannot be."""
    if column.wire != "websocket":
        return http_case(row, column.wire)
    return row.chat if column.service == "chat" else row.post


def expected(row: Row, column: Column) -> Cell | None:
    """What must come of a fault, or None where it cannot be."""
    case = case_of(row, column)
    if case is None:
        return None
    if case.error is None:
        return Cell(ANSWER, case.retried)
    named = (case.begun and column.named_inside) or column.named
    return Cell(named(case.error), case.retried)


def surfaces(row: Row, column: Column) -> tuple[Surface, ...]:
    """The surfaces of a column that a fault strikes."""
    if case_of(row, column) is None:
        return ()
    one = row.heavy or column.remote  # all clients of a gateway meet the same
    return column.surfaces[:1] if one else column.surfaces


def observe(world: World, row: Row, column: Column, surface: Surface) -> Cell:
    """Let a fault strike every try; where it may pass, let it pass too, which must mend it.

    Raises:
        AssertionError: for a call that hangs, or is not mended by its second try.
    """
    case = case_of(row, column)
    assert case is not None
    site = world.site(row.site, case.timeout)
    site = replace(site, target=column.target(site.target))
    began = time.monotonic()
    cell = strike(site, column, surface, [case.faults] * (1 + case.retried))
    assert time.monotonic() - began < case.limit + PATIENCE, "the call hung"
    if case.mends:
        healthy = (column.recorded,) if column.service == "chat" else None
        assert strike(site, column, surface, [case.faults, healthy]) == Cell(ANSWER, True)
    return cell


def strike(site: Site, column: Column, surface: Surface, script: Script) -> Cell:
    """Ask while the emulator does what the script says, one entry for each connection."""
    if column.remote:
        surface.make(site.target)
    forget_script(site)
    site.spark.script(*script)
    handshakes, before = len(site.spark.handshakes), Footprint()
    with noted_waits() as waits, no_such_host():
        outcome, left = ask(surface, site)
    left += before.left()
    if site.reached:
        tries = handshakes + len(waits) + 1
        site.spark._log.wait_for(lambda seen: len(seen.handshakes) >= tries, PATIENCE)
        assert len(site.spark.handshakes) == tries
    return Cell(name_of(outcome, column), bool(waits), tuple(left))


def forget_script(site: Site) -> None:
    """Forget faults that an unexpected outcome has left for the next connections."""
    site.spark._log._faults.clear()


def name_of(outcome: Outcome, column: Column) -> str:
    if outcome.error is not None:
        return column.told(outcome.error)
    return ANSWER if column.whole(outcome.answer) else f"short answer {outcome.answer!r}"


def ask(surface: Surface, site: Site) -> tuple[Outcome, list[str]]:
    """Ask for the whole answer; return what came of it, and what is left behind.

    The exception is kept meanwhile: closing must not wait for the garbage collector.
    """
    if isinstance(surface, Call | Stream):
        with Outcome() as outcome:
            outcome.answer = read(surface, site.target)
        return outcome, [] if site.spark.wait_until_idle(PATIENCE) else ["socket"]
    return asyncio.run(aask(surface, site))


async def aask(surface: AsyncCall | AsyncStream, site: Site) -> tuple[Outcome, list[str]]:
    watch = LoopWatch()
    with Outcome() as outcome:
        outcome.answer = await aread(surface, site.target)
    return outcome, await watch.left(site.spark)
