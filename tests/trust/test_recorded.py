"""Recordings of ``iflytek-spark doctor --record tests/trust/recordings``, each a test.

Those that are here were made with the emulator; whoever has an account may put real ones in their
place, or beside them: the doctor takes out keys, ids, addresses and times.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests._support.recorded import replay, replay_post

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.json"))


POSTED = {path for path in RECORDINGS if json.loads(path.read_text("utf-8"))["wire"] is None}


@pytest.mark.parametrize("path", POSTED, ids=lambda path: path.stem)
def test_a_recorded_answer_of_a_service_is_read(path: Path) -> None:
    assert replay_post(path)


@pytest.mark.parametrize("path", sorted({*RECORDINGS} - POSTED), ids=lambda path: path.stem)
def test_a_recorded_answer_is_read_whole(path: Path) -> None:
    response = replay(path)
    assert response.text or response.reasoning
    assert response.usage
    assert response.deviations == ()


def test_there_is_one_of_each_form() -> None:
    assert {path.stem.partition("-")[2] for path in RECORDINGS} >= {"websocket", "spark-open"}
