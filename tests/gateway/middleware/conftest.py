from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from iflytek_spark.gateway.middleware.access_log import LOGGER
from iflytek_spark.gateway.middleware.auth import new_key
from tests.gateway.redis_server import running_redis

_PATIENCE = 5.0


class MovedClock:
    """The time of day stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = math.floor(time.time() / 60) * 60 + 10.0

    def __call__(self) -> float:
        return self.now


class Keys:
    """Two callers' keys, as the callers and as the configuration have them."""

    def __init__(self) -> None:
        self.anna, hashed_anna = new_key()
        self.bert, hashed_bert = new_key()
        self.hashed = {"anna": hashed_anna, "bert": hashed_bert}


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    clock = MovedClock()
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture
def redis_url() -> Iterator[str]:
    with running_redis() as url:
        yield url


class AccessLog(logging.Handler):
    """What the gateway wrote to its access log."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self._written = threading.Condition()

    def emit(self, record: logging.LogRecord) -> None:
        with self._written:
            self.text.append(record.getMessage())
            self._written.notify_all()

    def lines(self, count: int) -> list[dict[str, Any]]:
        """All lines, when there are so many: an answer ends a little before its line is written."""
        with self._written:
            assert self._written.wait_for(lambda: len(self.text) >= count, _PATIENCE)
        assert len(self.text) == count
        return [json.loads(line) for line in self.text]


@pytest.fixture
def access_log() -> Iterator[AccessLog]:
    log = AccessLog()
    level = LOGGER.level
    LOGGER.addHandler(log)
    LOGGER.setLevel(logging.INFO)
    yield log
    LOGGER.removeHandler(log)
    LOGGER.setLevel(level)
