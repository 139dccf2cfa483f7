"""The course's modules are imported as its notebooks import them; the emulator stands in."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from iflytek_spark.emulator import Emulator

sys.path.insert(0, str(Path(__file__).parents[2] / "notebooks"))


@pytest.fixture
def keys(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator, with its keys and its address in the environment, as connect() sets them."""
    known = emulator.credentials
    monkeypatch.setenv("SPARK_APP_ID", known.app_id)
    monkeypatch.setenv("SPARK_API_KEY", known.api_key)
    monkeypatch.setenv("SPARK_API_SECRET", known.api_secret)
    monkeypatch.setenv("SPARK_BASE_URL", emulator.base_url)
    return emulator
