"""What every test gets: a clean environment, no network but this machine, a local Spark."""

from __future__ import annotations

import gc
import ipaddress
import os
import signal
import socket
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings

from iflytek_spark.emulator import Emulator, running_emulator

QUIET = [HealthCheck.too_slow]
settings.register_profile("usual", deadline=None, suppress_health_check=QUIET)
settings.register_profile("few", deadline=None, suppress_health_check=QUIET, max_examples=20)
settings.load_profile("usual")

PREFIXES = ("SPARK_", "SPARKAI_", "IFLYTEK_", "LANGCHAIN_", "LANGSMITH_")
SUFFIXES = ("_PROXY",)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what the inner loop leaves out."""
    parser.addoption("--rows", type=int, help="run so many rows of each test")


@pytest.hookimpl(optionalhook=True)  # where judges run there is no xdist
def pytest_xdist_auto_num_workers() -> int:
    """Run a worker more than there are cores: a third of its time a test waits."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose among the rows of each test, by their names: always the same ones."""
    tests: dict[str, list[pytest.Item]] = {}
    for item in items:
        tests.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for rows in tests.values():
        rows.sort(key=_by_name)
        if mark := rows[0].get_closest_marker("sampled"):
            for item in rows[mark.args[0] :]:
                item.add_marker(pytest.mark.exhaustive)
    if most := config.getoption("--rows"):
        kept = {item for rows in tests.values() for item in rows[:most]}
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = [item for item in items if item in kept]


def pytest_collection_finish() -> None:
    """Spare the garbage collector what was imported: several hundred megabytes that stay."""
    gc.collect()
    gc.freeze()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Refuse a test that is marked slow without saying what a shorter one would miss."""
    for mark in item.iter_markers("slow"):
        if not "".join(mark.args).strip():
            raise pytest.UsageError(f"{item.nodeid}: @pytest.mark.slow needs a reason")


@pytest.fixture(autouse=True, scope="session")
def clean_environment() -> Iterator[None]:
    """Take away what a developer's machine may have set; a test sets what it needs."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.upper().startswith(PREFIXES) or name.upper().endswith(SUFFIXES):
                patch.delenv(name)
        yield


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """Have programs that the tests start take Ctrl-C; a run in the background ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fail a test that would leave this machine, by name or by address.

    For each test anew: pytest-socket, which langchain-tests brings, restores the socket after each.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
        yield


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A local Spark that is ready, and from which no connection may be left at the end."""
    with running_emulator() as spark:
        yield spark
        assert spark.wait_until_idle(), "the test left a connection open"


def _by_name(item: pytest.Item) -> int:
    """Mix the rows of a test, each time in the same way."""
    return crc32(item.nodeid.encode())


def _guarded(connect: Any) -> Any:
    def guarded(sock: socket.socket, address: Any) -> Any:
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            _check(address[0])
        return connect(sock, address)

    return guarded


def _guarded_lookup(lookup: Any) -> Any:
    def guarded(host: Any, *more: Any, **options: Any) -> Any:
        if host is not None:
            _check(host)
        return lookup(host, *more, **options)

    return guarded


def _check(host: str | bytes) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name.lower() != "localhost" and not _is_loopback(name):
        pytest.fail(f"a test tried to reach {name}, which is not this machine")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
