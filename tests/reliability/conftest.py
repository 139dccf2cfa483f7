"""The sites of the matrix, set up once for all cells."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests._support.gateway import stopped_at_the_end
from tests.reliability.sites import World


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with World() as world, stopped_at_the_end():
        yield world
