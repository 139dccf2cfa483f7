"""Every way to leave every surface: what the caller has then, and nothing left."""

from __future__ import annotations

from itertools import product

import pytest

from tests.reliability import exiting
from tests.reliability.leaving import LEAVINGS, Leaving, observe
from tests.reliability.matrix import COLUMNS
from tests.reliability.sites import World
from tests.reliability.surfaces import Column, Surface

CELLS = [
    (leaving, column, surface)
    for leaving, column in product(LEAVINGS, COLUMNS)
    for surface in leaving.surfaces(column)
]
NAMES = [f"{leaving.name}-{surface.name}" for leaving, _, surface in CELLS]


@pytest.mark.parametrize(("leaving", "column", "surface"), CELLS, ids=NAMES)
def test_leaving(world: World, leaving: Leaving, column: Column, surface: Surface) -> None:
    assert observe(world, leaving, column, surface) == leaving.expected(column)


def test_an_interpreter_that_exits(world: World) -> None:
    assert {exiting.observe(world)} == {
        exiting.expected(column) for column, _ in exiting.surfaces()
    }
