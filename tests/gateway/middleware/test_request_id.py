"""One id names a request to its caller, in the log and in errors."""

from __future__ import annotations

import httpx2
import pytest

from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import ask
from tests.gateway.middleware.conftest import AccessLog

BODY = {"model": "lite", "messages": [{"role": "user", "content": "你好"}]}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abc-1.2:3_4", "abc-1.2:3_4"),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",) * 2,
        ("x" * 5000, "x" * 64),
        ('a"b<c>\té{}', "abc"),
    ],
)
def test_the_callers_own(
    running_gateway: RunningGateway, access_log: AccessLog, given: str, kept: str
) -> None:
    url = f"{running_gateway()}/v1/chat/completions"
    answer = httpx2.post(url, json=BODY, headers=[(b"x-request-id", given.encode("latin-1"))])
    assert answer.headers["x-request-id"] == kept
    (line,) = access_log.lines(1)
    assert line["request_id"] == kept


@pytest.mark.parametrize("given", [None, "", "{}"])
def test_a_new_one(running_gateway: RunningGateway, given: str | None) -> None:
    url = f"{running_gateway()}/v1/chat/completions"
    headers = {} if given is None else {"x-request-id": given}
    first, second = (httpx2.post(url, json=BODY, headers=headers) for _ in range(2))
    assert first.headers["x-request-id"].startswith("req_")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


def test_errors_name_it(running_gateway: RunningGateway, access_log: AccessLog) -> None:
    url = running_gateway()
    answers = [ask(url, model="no-such"), ask(url, n=2), httpx2.get(f"{url}/v1/nothing")]
    for answer, line in zip(answers, access_log.lines(3), strict=True):
        named = answer.json()["error"]["request_id"]
        assert named == answer.headers["x-request-id"] == line["request_id"]


def test_a_stream_has_it_and_the_time_before_it(running_gateway: RunningGateway) -> None:
    url = f"{running_gateway()}/v1/chat/completions"
    with httpx2.stream("POST", url, json={**BODY, "stream": True}) as response:
        response.read()
    assert response.headers["x-request-id"]
    assert 0 <= int(response.headers["openai-processing-ms"]) < 10_000
