"""Every fault on every surface: the exception or the whole answer, the tries, and nothing left."""

from __future__ import annotations

from itertools import product

import pytest

from tests.reliability.cases import Row
from tests.reliability.columns import COLUMNS
from tests.reliability.observing import expected, observe, surfaces
from tests.reliability.rows import ROWS
from tests.reliability.sites import World

CELLS = [
    (row, column, surface)
    for row, column in product(ROWS, COLUMNS)
    for surface in surfaces(row, column)
]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.group}-{row.name}" for row in ROWS])
def test_a_fault(world: World, row: Row) -> None:
    cells = [(column, surface) for struck, column, surface in CELLS if struck is row]
    seen = {surface.name: observe(world, row, column, surface) for column, surface in cells}
    assert seen == {surface.name: expected(row, column) for column, surface in cells}
