"""Real signals to real processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx2
import pytest

from tests.gateway.http_helpers import ask, streaming
from tests.gateway.metrics_helpers import samples_after
from tests.gateway.server.conftest import StartGateway
from tests.gateway.server.program_helpers import workers_of

_PATIENCE = 10.0


def test_the_first_signal_waits_and_the_second_does_not(start: StartGateway) -> None:
    with start(GATEWAY_SHUTDOWN_TIMEOUT="1000") as gateway:
        with streaming(gateway.url) as lines:
            gateway.process.send_signal(signal.SIGTERM)
            while ask(gateway.url).status_code != 503:
                pass
            assert next(line for line in lines if line)
            gateway.process.send_signal(signal.SIGTERM)
            assert "data: [DONE]" not in list(lines)
        assert gateway.end() == (128 + signal.SIGTERM, [])


@pytest.mark.slow("one process shares no counts and replaces no worker")
@pytest.mark.skipif(not Path("/proc").exists(), reason="this system does not list processes")
def test_workers_count_together_and_are_replaced_and_finish(
    start: StartGateway, tmp_path: Path
) -> None:
    counts = tmp_path / "counts"
    environ = {"PROMETHEUS_MULTIPROC_DIR": str(counts), "GATEWAY_REQUESTS_PER_MINUTE": "1000"}
    with start("--workers", "2", **environ) as gateway:
        assert any("redis_url" in line for line in gateway.printed)
        assert [ask(gateway.url, max_tokens=1).status_code for _ in range(4)] == [200] * 4
        victim, survivor = workers_of(gateway)
        os.kill(victim, signal.SIGKILL)
        assert "another takes its place" in gateway.next_line()
        assert survivor in workers_of(gateway)
        with streaming(gateway.url) as lines:
            assert samples_after(gateway.url, 4).sum("requests_in_flight") == 1
            os.killpg(gateway.process.pid, signal.SIGINT)  # as a terminal does
            assert [line for line in lines if line][-1] == "data: [DONE]"
        assert gateway.end() == (0, [])


@pytest.mark.slow("a process without workers leaves none")
def test_no_worker_outlives_the_gateway(start: StartGateway, tmp_path: Path) -> None:
    with start("--workers", "2", PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "counts")) as gateway:
        gateway.process.kill()
        deadline = time.monotonic() + _PATIENCE
        while _answers(gateway.url):
            assert time.monotonic() < deadline


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/healthz").is_success
    except httpx2.TransportError:
        return False
