"""What nobody foresaw is told in OpenAI's form, and how it came about in the log alone."""

from __future__ import annotations

import httpx2
import openai
import pytest

from iflytek_spark.gateway.upstream import Upstream
from tests.gateway.chat_helpers import MODEL, asked
from tests.gateway.conftest import RunningGateway


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def client(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(Upstream, "client", client)


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("stream", [False, True])
def test_a_defect(
    running_gateway: RunningGateway, caplog: pytest.LogCaptureFixture, stream: bool
) -> None:
    url = running_gateway()
    with (
        openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as client,
        pytest.raises(openai.InternalServerError, match="its log says how") as caught,
    ):
        client.chat.completions.create(model=MODEL, messages=asked("你好"), stream=stream)
    assert (caught.value.status_code, caught.value.code) == (500, "internal_error")
    assert "defect" not in caught.value.response.text
    counted = httpx2.get(f"{url}/metrics").text
    assert 'spark_gateway_errors_total{error="RuntimeError",spark_code=""} 1.0' in counted
    assert "RuntimeError: a defect" in caplog.text


def test_the_methods_of_an_address_are_all_named(running_gateway: RunningGateway) -> None:
    answer = httpx2.put(f"{running_gateway()}/v1/responses/resp_1", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET")
