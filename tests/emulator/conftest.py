"""A Spark of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iflytek_spark.emulator import Emulator, running_emulator


@pytest.fixture
def spark() -> Iterator[Emulator]:
    with running_emulator() as running:
        yield running
