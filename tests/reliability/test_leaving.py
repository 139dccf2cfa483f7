"""Every way to leave every surface: what the caller has then, and nothing left."""

from __future__ import annotations

from itertools import product

import pytest

from tests.reliability import exiting
from tests.reliability.columns import COLUMNS
from tests.reliability.leaving import LEAVINGS, Leaving, observe
from tests.reliability.sites import World

CELLS = [
    (leaving, column, surface)
    for leaving, column in product(LEAVINGS, COLUMNS)
    for surface in leaving.surfaces(column)
]


@pytest.mark.parametrize("leaving", LEAVINGS, ids=[leaving.name for leaving in LEAVINGS])
def test_leaving(world: World, leaving: Leaving) -> None:
    cells = [(column, surface) for way, column, surface in CELLS if way is leaving]
    seen = {
        (column.name, surface.name): observe(world, leaving, column, surface)
        for column, surface in cells
    }
    assert seen == {
        (column.name, surface.name): leaving.expected(column) for column, surface in cells
    }


@pytest.mark.slow("a process that imports little keeps no threads that could outlive it")
def test_an_interpreter_that_exits(world: World) -> None:
    assert {exiting.observe(world)} == {
        exiting.expected(column) for column, _ in exiting.surfaces()
    }
