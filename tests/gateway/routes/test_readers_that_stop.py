"""A caller that asks and does not read holds nothing for longer than a whole call may last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from iflytek_spark.emulator import Emulator, running_emulator
from tests._support.service import lead_to
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import wait_until_let_in
from tests.gateway.server.raw_callers import PATIENCE, connected, question


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A local Spark whose answers are larger than what systems keep for a reader."""
    long = "很长" * 4000
    with running_emulator(respond=lambda request: long, chunk_size=1) as spark:
        lead_to(spark, monkeypatch)
        yield spark


def test_under_any_server_the_time_out_ends_it(
    running_gateway: RunningGateway, emulator: Emulator
) -> None:
    url = running_gateway(total_timeout=3.0, concurrent_requests=3)
    with ExitStack() as stack:
        for _ in range(3):
            caller = stack.enter_context(connected(url, buffer=4096))
            caller.sendall(question(stream=True, max_tokens=8192))
        assert emulator.wait_for_requests(3)
        assert emulator.wait_until_idle(PATIENCE)
        assert wait_until_let_in(url).status_code == 200
