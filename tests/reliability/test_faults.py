"""Every fault on every surface: the exception or the whole answer, the tries, and nothing left."""

from __future__ import annotations

from itertools import product
from typing import Any

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


HEAVY = pytest.mark.slow("fewer frames reach no limit of recursion, and hide a growing buffer")


def parameter(row: Row) -> Any:
    """A row as a test's argument."""
    return pytest.param(row, id=f"{row.group}-{row.name}", marks=[HEAVY] if row.heavy else [])


@pytest.mark.sampled(48)
@pytest.mark.parametrize("row", [parameter(row) for row in ROWS])
def test_a_fault(world: World, row: Row) -> None:
    cells = [(column, surface) for struck, column, surface in CELLS if struck is row]
    seen = {
        (column.name, surface.name): observe(world, row, column, surface)
        for column, surface in cells
    }
    assert seen == {(column.name, surface.name): expected(row, column) for column, surface in cells}
