from __future__ import annotations

import math
import time
from collections.abc import Iterator

import pytest

from iflytek_spark.gateway.middleware.auth import new_key
from tests.gateway.guard.redis_server import running_redis


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
