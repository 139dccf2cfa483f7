from __future__ import annotations

import httpx2
import pytest

from iflytek_spark.emulator import Emulator, faults
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import BODY, ask, code, streaming, wait_until_let_in
from tests.gateway.middleware.conftest import Keys

ENDLESS = faults.Silence(after=2)


def test_the_next_request_waits_for_the_end_of_one(
    running_gateway: RunningGateway, keys: Keys, emulator: Emulator
) -> None:
    url = running_gateway(keys=keys.hashed, concurrent_requests=2)
    emulator.script(faults.Slow(0.15), ENDLESS)
    with streaming(url, keys.anna) as slow, streaming(url, keys.anna):
        third = ask(url, keys.anna)
        assert (third.status_code, code(third)) == (429, "concurrency_limit_exceeded")
        assert third.headers["retry-after"] == "1"
        assert ask(url, keys.bert).status_code == 200
        assert [line for line in slow if line][-1] == "data: [DONE]"
        assert ask(url, keys.anna).status_code == 200


def test_a_caller_that_hung_up_is_no_longer_counted(
    running_gateway: RunningGateway, emulator: Emulator
) -> None:
    url = running_gateway(concurrent_requests=1)
    emulator.script(ENDLESS)
    with streaming(url):
        assert ask(url).status_code == 429
    assert wait_until_let_in(url).status_code == 200


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("after", [0, 2])
def test_a_request_that_failed_is_no_longer_counted(
    running_gateway: RunningGateway, emulator: Emulator, after: int, stream: bool
) -> None:
    url = running_gateway(concurrent_requests=1)
    emulator.script(faults.ErrorFrame(10013, after=after))
    assert "error" in ask(url, stream=stream).text
    assert ask(url).status_code == 200


@pytest.mark.parametrize("stream", [True, False])
def test_one_request_after_the_other_is_one_at_once(
    running_gateway: RunningGateway, stream: bool
) -> None:
    url = running_gateway(concurrent_requests=1)
    with httpx2.Client(base_url=url) as client:
        for _ in range(10):
            body = {**BODY, "stream": stream}
            assert client.post("/v1/chat/completions", json=body).status_code == 200


def test_refused_requests_are_not_counted(
    running_gateway: RunningGateway, emulator: Emulator
) -> None:
    url = running_gateway(concurrent_requests=1, max_body_bytes=1024)
    assert ask(url, messages=[]).status_code == 400
    assert ask(url, user="x" * 2000).status_code == 413
    assert httpx2.get(url + "/v1/nothing").status_code == 404
    assert ask(url).status_code == 200
