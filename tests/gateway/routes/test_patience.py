"""How long a caller waits, and what keeps the connection alive meanwhile."""

from __future__ import annotations

import json
import time

import httpx2
import pytest

from iflytek_spark.emulator import Emulator, Reply, faults
from iflytek_spark.gateway.routes import streaming as streamed
from tests.gateway.conftest import RunningGateway
from tests.gateway.gateway_helpers import one_gateway
from tests.gateway.http_helpers import BODY, ask

WANTED = {"type": "json_object"}


def test_one_timeout_for_all_tries(running_gateway: RunningGateway, emulator: Emulator) -> None:
    emulator.script(*[faults.Silence()] * 5)
    url = running_gateway(first_token_timeout=1.0)
    begun = time.monotonic()
    answer = ask(url)
    assert time.monotonic() - begun < 2.5
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (504, "spark_timeout")
    assert "1 s" in error["message"]
    assert "Timeouts(" not in error["message"]


@pytest.mark.parametrize(("tries", "status"), [(0, 503), (1, 200)])
def test_how_often_it_is_tried(
    running_gateway: RunningGateway, emulator: Emulator, tries: int, status: int
) -> None:
    emulator.script(faults.ErrorFrame(10110))
    assert ask(running_gateway(max_retries=tries)).status_code == status


def test_a_checked_stream_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that reads nothing for a minute takes a connection for dead."""
    monkeypatch.setattr(streamed, "KEEP_ALIVE_SECONDS", 0.02)
    pace = {"pace": 0.05, "respond": lambda _chat: Reply('{"city": "合肥"}')}
    with one_gateway(emulator=pace) as gateway:
        body = {**BODY, "response_format": WANTED, "stream": True}
        with httpx2.stream("POST", f"{gateway.url}/chat/completions", json=body) as response:
            assert response.status_code == 200
            lines = list(response.iter_lines())
    assert lines.count(": not yet whole") > 1
    events = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert events.pop() == "[DONE]"
    deltas = [json.loads(event)["choices"][0]["delta"] for event in events]
    assert "".join(delta.get("content", "") for delta in deltas) == '{"city": "合肥"}'


def test_a_checked_stream_that_is_refused_has_its_status(
    running_gateway: RunningGateway, emulator: Emulator
) -> None:
    emulator.script(faults.ErrorFrame(10013))
    answer = ask(running_gateway(), response_format=WANTED, stream=True)
    assert answer.status_code == 400
