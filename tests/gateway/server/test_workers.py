"""Workers that hang are ended, and one that cannot be replaced at once costs the others nothing."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.gateway.http_helpers import ask
from tests.gateway.server.conftest import StartGateway
from tests.gateway.server.program_helpers import Program, running, workers_of

pytestmark = [
    pytest.mark.slow("one process has nobody who watches it"),
    pytest.mark.skipif(not Path("/proc").exists(), reason="this system does not list processes"),
]
_PATIENCE = 30.0


def _wait_for_workers(gateway: Program, others: set[int]) -> None:
    """Wait until two workers run that are not among others."""
    deadline = time.monotonic() + _PATIENCE
    while len(set(workers_of(gateway)) - others) < 2:
        assert time.monotonic() < deadline
    while ask(gateway.url, max_tokens=1).status_code != 200:
        assert time.monotonic() < deadline


def test_a_worker_that_hangs_is_replaced(start: StartGateway) -> None:
    with start("--workers", "2", GATEWAY_WORKER_TIMEOUT="5") as gateway:
        victim, survivor = workers_of(gateway)
        os.kill(victim, signal.SIGSTOP)
        assert gateway.next_line() == "a worker has hung for 5 s, and is ended"
        assert "another takes its place" in gateway.next_line()
        _wait_for_workers(gateway, {victim})
        assert survivor in workers_of(gateway)
        assert gateway.stop(signal.SIGTERM) == (0, [])


def test_workers_that_hang_do_not_keep_it_from_ending(start: StartGateway) -> None:
    with start("--workers", "2", GATEWAY_SHUTDOWN_TIMEOUT="0") as gateway:
        for worker in workers_of(gateway):
            os.kill(worker, signal.SIGSTOP)
        began = time.monotonic()
        assert gateway.stop(signal.SIGTERM) == (0, [])
        assert time.monotonic() - began < _PATIENCE / 2


def test_without_files_for_another_the_healthy_one_goes_on(start: StartGateway) -> None:
    with start("--workers", "2") as gateway:
        victim, survivor = workers_of(gateway)
        number = gateway.process.pid
        limits = resource.prlimit(number, resource.RLIMIT_NOFILE, (5, 20_000))
        os.kill(victim, signal.SIGKILL)
        assert "another takes its place" in gateway.next_line()
        for seconds in ("1 s", "2 s"):
            line = gateway.next_line()
            assert "no worker can be started: [Errno 24]" in line
            assert f"1 go on, and it is tried again in {seconds}" in line
            assert ask(gateway.url, max_tokens=1).status_code == 200
        resource.prlimit(number, resource.RLIMIT_NOFILE, limits)
        _wait_for_workers(gateway, {victim})
        assert survivor in workers_of(gateway)


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_folder_that_is_removed_costs_no_worker(
    tmp_path: Path, variables: dict[str, str], comes_back: bool
) -> None:
    folder = tmp_path / "release"
    folder.mkdir()
    config = folder / "gateway.toml"
    config.touch()
    environ = os.environ | variables
    arguments = ("--workers", "2", "--config", "gateway.toml")
    with running(folder, *arguments, environ=environ) as gateway:
        victim, survivor = workers_of(gateway)
        shutil.rmtree(folder)
        if comes_back:
            folder.mkdir()
            config.touch()
        os.kill(victim, signal.SIGKILL)
        assert "another takes its place" in gateway.next_line()
        if comes_back:
            _wait_for_workers(gateway, {victim})
        else:  # its settings are gone
            assert "go on, and it is tried again in 1 s" in _line_with(gateway, "error: ")
            assert ask(gateway.url, max_tokens=1).status_code == 200
        assert survivor in workers_of(gateway)


def _line_with(gateway: Program, beginning: str) -> str:
    """The next line that begins so; a worker that fails writes a traceback of its own."""
    while not (line := gateway.next_line()).startswith(beginning):
        pass
    return line
