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
    found = variables(emulator)
    os.environ.update(found)
    return found


@pytest.fixture
def slow() -> Iterator[Emulator]:
    """An emulator whose answers last for minutes."""
    with running_emulator(pace=0.2, piece=1) as spark:
        os.environ.update(variables(spark))
        yield spark


def variables(spark: Emulator) -> dict[str, str]:
    return {
        "SPARK_APP_ID": spark.credentials.app_id,
        "SPARK_API_KEY": spark.credentials.api_key,
        "SPARK_API_SECRET": spark.credentials.api_secret,
        "SPARK_BASE_URL": spark.base_url,
    }
