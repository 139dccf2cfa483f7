"""``python -m tests.reliability``: run every cell, and write docs/reliability.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product

from tests._support.gateway import stopped_at_the_end
from tests.reliability import exiting, leaving, observing
from tests.reliability.columns import COLUMNS
from tests.reliability.report import PATH, render
from tests.reliability.rows import ROWS
from tests.reliability.sites import World


def differences(world: World) -> Iterator[str]:
    """Run all cells, and tell those that are not as expected."""
    for row, column in product(ROWS, COLUMNS):
        wanted = observing.expected(row, column)
        for surface in observing.surfaces(row, column):
            cell = observing.observe(world, row, column, surface)
            if cell != wanted:
                yield f"{row.group}: {row.name}: {surface.name}: {cell} is not {wanted}"
    for way, column in product(leaving.LEAVINGS, COLUMNS):
        for surface in way.surfaces(column):
            cell = leaving.observe(world, way, column, surface)
            if cell != way.expected(column):
                yield f"{way.name}: {surface.name}: {cell} is not {way.expected(column)}"
    cell = exiting.observe(world)
    wanted_at_exit = {exiting.expected(column) for column, _ in exiting.surfaces()}
    yield from (f"{cell} at exit" for wanted in wanted_at_exit if cell != wanted)


def main() -> int:
    with World() as world, stopped_at_the_end():
        found = list(differences(world))
    sys.stdout.write("".join(f"{difference}\n" for difference in found))
    if not found:
        PATH.write_text(render(), encoding="utf-8")
    return len(found) > 0


if __name__ == "__main__":
    sys.exit(main())
