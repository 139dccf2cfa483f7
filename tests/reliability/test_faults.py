"""Every fault on every surface: the exception or the whole answer, the tries, and nothing left."""

from __future__ import annotations

from itertools import product

import pytest

from tests.reliability.cases import Row
from tests.reliability.matrix import COLUMNS
from tests.reliability.observing import expected, observe, surfaces
from tests.reliability.rows import ROWS
from tests.reliability.sites import World
from tests.reliability.surfaces import Column, Surface

CELLS = [
    (row, column, surface)
    for row, column in product(ROWS, COLUMNS)
    for surface in surfaces(row, column)
]
NAMES = [f"{row.group}-{row.name}-{surface.name}" for row, _, surface in CELLS]


@pytest.mark.parametrize(("row", "column", "surface"), CELLS, ids=NAMES)
def test_a_fault(world: World, row: Row, column: Column, surface: Surface) -> None:
    assert observe(world, row, column, surface) == expected(row, column)
