from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from iflytek_spark.rates import MachineStore, ProcessStore, RateStore, RedisStore
from tests._support.redis_program import needs_redis, redis_program


@contextmanager
def made(kind: str, folder: Path) -> Iterator[RateStore]:
    """A store that is ready: in a new Redis turns begin after a moment."""
    if kind == "process":
        yield ProcessStore()
    elif kind == "machine":
        yield MachineStore(folder / "rates.sqlite", lapse=1.0)
    else:
        with redis_program() as url:
            yield RedisStore(url, lapse=1.0)


@pytest.fixture(
    params=["process", "machine", pytest.param("redis", marks=needs_redis)],
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RateStore]:
    with made(request.param, tmp_path) as store:
        yield store
