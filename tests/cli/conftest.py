"""A command line with an environment and a folder of its own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from iflytek_spark.emulator import Emulator, running_emulator


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty present folder; what a ``.env`` in it sets is taken back."""
    with contextlib.chdir(tmp_path), mock.patch.dict(os.environ):
        yield tmp_path


@pytest.fixture
def keys(folder: Path, emulator: Emulator) -> dict[str, str]:
    """The variables that lead to the emulator; they are set."""
    os.environ.update(emulator.environment)
    return emulator.environment


@pytest.fixture
def slow() -> Iterator[Emulator]:
    """An emulator whose answers last for minutes."""
    with running_emulator(pace=0.2, chunk_size=1) as spark:
        os.environ.update(spark.environment)
        yield spark
