"""The course's modules are imported as its notebooks import them; the emulator stands in."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from iflytek_spark.emulator import Emulator
from tests._support.service import lead_to

sys.path.insert(0, str(Path(__file__).parents[2] / "notebooks"))


@pytest.fixture
def keys(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator, with its keys and its address in the environment, as connect() sets them."""
    lead_to(emulator, monkeypatch)
    return emulator
