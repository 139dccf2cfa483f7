from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from iflytek_spark.gateway.middleware.access_log import LOGGER

_PATIENCE = 5.0


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
