"""The answer that every fault of the matrix strikes, and where it strikes."""

from __future__ import annotations

from iflytek_spark.emulator import faults
from tests._support.frames import answer
from tests.contract.cases import Dialect
from tests.contract.http_cases import events_of
from tests.contract.services import PREFIXES

PIECES = ("你好", "，", "世界", "！", "")
TEXT = "".join(PIECES)
FRAMES = tuple(answer(*PIECES))
RECORDED = faults.Replay(FRAMES)

PLACES = {"first": 0, "middle": 2, "last": len(FRAMES) - 1}
"""Frames that arrive before a fault strikes; the last frame is the one that ends the answer."""


def replaced(place: int, frame: str) -> faults.Replay:
    """The answer with another frame in place of one."""
    return faults.Replay((*FRAMES[:place], frame, *FRAMES[place + 1 :]))


def recorded(replay: faults.Replay, dialect: Dialect) -> faults.Replay:
    """The answer of a recording of frames, as it comes over a wire."""
    if dialect == "websocket":
        return replay
    events = (event for frame in replay.frames for event in events_of(frame, dialect, "stop"))
    return faults.Replay(tuple(PREFIXES[dialect].format(event) for event in events))
