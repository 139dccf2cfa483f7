"""What several workers know of each other's keys and usage, and what a crash loses."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from iflytek_spark import Usage
from iflytek_spark.emulator import Emulator, Reply, running_emulator
from tests.gateway.http_helpers import ask
from tests.gateway.server.program_helpers import Program, running, workers_of
from tests.gateway.store.store_helpers import Operator, until

pytestmark = pytest.mark.slow("what a crash loses and workers share shows in real processes only")

LOST_WITHIN = 1.0
"""Seconds of usage that a worker which is killed may lose."""


@pytest.fixture
def spark() -> Iterator[Emulator]:
    """A local Spark that counts ten tokens for each answer."""
    with running_emulator(respond=lambda _: Reply("好", usage=Usage(4, 6, 10))) as spark:
        yield spark


@pytest.fixture
def environ(spark: Emulator, store_url: str) -> dict[str, str]:
    own = {"GATEWAY_BASE_URL": spark.base_url, "GATEWAY_STORE_URL": store_url}
    return {**os.environ, **spark.environment, **own}


class Asking:
    """Callers that ask until they are stopped."""

    def __init__(self, url: str, key: str, callers: int = 3) -> None:
        self.answered: list[float] = []
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(url, key)) for _ in range(callers)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> int:
        """Stop, and return how many were answered."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        return len(self.answered)

    def _ask(self, url: str, key: str) -> None:
        while not self._stopping.is_set():
            try:
                if ask(url, key).status_code == 200:
                    self.answered.append(time.monotonic())
            except httpx2.TransportError:  # the worker was killed
                pass


@pytest.mark.sampled(1)
def test_a_worker_that_is_killed_loses_a_second_at_most(
    tmp_path: Path, environ: dict[str, str], operator: Operator, spark: Emulator
) -> None:
    key = operator.add("anna")
    with running(tmp_path, "--workers", "2", environ=environ) as gateway:
        asking = Asking(gateway.url, key)
        until(lambda: len(asking.answered) > 100 or None, 60)
        killed = time.monotonic()
        os.kill(workers_of(gateway)[0], signal.SIGKILL)
        assert "another takes its place" in gateway.next_line()
        after = len(asking.answered)
        until(lambda: len(asking.answered) > after + 50 or None, 60)
        asking.stop()
        assert gateway.stop(signal.SIGTERM)[0] == 0
    in_time = sum(killed - LOST_WITHIN <= moment <= killed for moment in asking.answered)
    counted = len(spark.requests)
    written = operator.used()["anna"]
    assert counted - in_time <= written["requests"] <= counted
    assert written["total_tokens"] == written["requests"] * 10
    assert sum(row["total_tokens"] for row in operator.rows()) == written["total_tokens"]


@pytest.mark.sampled(1)
def test_every_worker_sees_changes_and_writes_all_before_it_ends(
    tmp_path: Path, environ: dict[str, str], operator: Operator, spark: Emulator
) -> None:
    with running(tmp_path, "--workers", "2", environ=environ) as gateway:
        key = operator.add("anna")
        all_of_them(gateway, key, 200)
        operator.administration.revoke("anna")
        all_of_them(gateway, key, 401)
        assert gateway.stop(signal.SIGTERM)[0] == 0
    assert operator.used()["anna"]["requests"] == len(spark.requests) > 0


def all_of_them(gateway: Program, key: str, status: int) -> None:
    """Ask over new connections until each of two workers has surely answered so."""

    def look() -> bool | None:
        return all(ask(gateway.url, key).status_code == status for _ in range(12)) or None

    until(look, 10)
