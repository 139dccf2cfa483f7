"""What fails reaches OpenAI's client as the exception of its own that fits."""

from __future__ import annotations

import json

import httpx2
import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from iflytek_spark.emulator import Emulator, Fault, faults
from tests.gateway.chat_helpers import MODEL, asked, text_of
from tests.gateway.conftest import RunningGateway
from tests.gateway.gateway_helpers import Gateway

REFUSED = faults.RefuseHandshake(401, '{"message":"HMAC signature does not match"}')
BUSY = faults.ErrorFrame(10110)


@pytest.mark.parametrize(
    ("script", "kind", "status", "code", "spark_code"),
    [
        ([REFUSED], openai.InternalServerError, 502, "gateway_keys_refused", None),
        (
            [faults.ErrorFrame(11200)],
            openai.InternalServerError,
            502,
            "gateway_keys_not_permitted",
            11200,
        ),
        ([faults.ErrorFrame(10404)], openai.NotFoundError, 404, "spark_not_found", 10404),
        ([faults.ErrorFrame(11201)], openai.RateLimitError, 429, "rate_limit_exceeded", 11201),
        ([faults.ErrorFrame(10013)], openai.BadRequestError, 400, "content_filter", 10013),
        ([faults.ErrorFrame(10163)], openai.BadRequestError, 400, "spark_refused", 10163),
        ([faults.ErrorFrame(10907)], openai.BadRequestError, 400, "context_length_exceeded", 10907),
        ([BUSY] * 3, openai.InternalServerError, 503, "spark_failed", 10110),
        ([faults.Cut()] * 3, openai.InternalServerError, 502, "spark_interrupted", None),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_before_the_answer(
    client: openai.OpenAI,
    gateway: Gateway,
    script: list[Fault],
    kind: type[openai.APIStatusError],
    status: int,
    code: str,
    spark_code: int | None,
    stream: bool,
) -> None:
    gateway.spark.script(*script)
    with pytest.raises(kind) as caught:
        client.chat.completions.create(model=MODEL, messages=asked("你好"), stream=stream)
    error = caught.value
    assert (error.status_code, error.code) == (status, code)
    assert isinstance(error.body, dict)
    assert error.body["spark_code"] == spark_code
    if spark_code is not None:
        assert error.body["sid"]
        assert error.body["sid"] in error.message
    assert ("retry-after" in error.response.headers) == (status in (429, 503))


@pytest.mark.parametrize("fault", [faults.ErrorFrame(10110, after=3), faults.Cut(after=3)])
def test_an_error_in_the_middle_of_a_stream(
    client: openai.OpenAI, gateway: Gateway, fault: Fault
) -> None:
    gateway.spark.script(fault)
    stream = client.chat.completions.create(model=MODEL, messages=asked("讲一讲潮汐"), stream=True)
    chunks: list[ChatCompletionChunk] = []
    with stream, pytest.raises(openai.APIError) as caught:
        chunks.extend(stream)
    assert text_of(chunks).startswith("你问的是")
    assert isinstance(caught.value.body, dict)
    assert caught.value.type == "server_error"
    assert caught.value.message


async def test_an_error_in_the_middle_of_a_stream_in_an_event_loop(
    aclient: openai.AsyncOpenAI, gateway: Gateway
) -> None:
    gateway.spark.script(faults.ErrorFrame(10110, after=3))
    stream = await aclient.chat.completions.create(
        model=MODEL, messages=asked("讲一讲潮汐"), stream=True
    )
    with pytest.raises(openai.APIError, match="10110"):
        async for _ in stream:
            pass


def test_a_broken_stream_ends_with_the_error_and_without_done(gateway: Gateway) -> None:
    gateway.spark.script(faults.ErrorFrame(10110, after=3))
    body = {"model": MODEL, "messages": asked("讲一讲潮汐"), "stream": True}
    events = httpx2.post(f"{gateway.url}/chat/completions", json=body).text.split("\n\n")
    assert events.pop() == ""
    error = json.loads(events[-1].removeprefix("data: "))["error"]
    assert error["code"] == "spark_failed"
    assert error["spark_code"] == 10110
    assert error["sid"]
    assert "data: [DONE]" not in events


def test_silence_of_spark_is_a_time_out(
    running_gateway: RunningGateway, emulator: Emulator
) -> None:
    url = running_gateway(total_timeout=0.5)
    with openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as client:
        emulator.script(faults.Silence())
        with pytest.raises(openai.InternalServerError, match="time-out") as caught:
            client.chat.completions.create(model=MODEL, messages=asked("你好"))
    assert (caught.value.status_code, caught.value.code) == (504, "spark_timeout")


def test_an_unknown_model_is_not_answered_by_another(
    client: openai.OpenAI, gateway: Gateway
) -> None:
    before = len(gateway.spark.requests)
    with pytest.raises(openai.NotFoundError, match="did you mean gpt-4o") as caught:
        client.chat.completions.create(model="gpt-4", messages=asked("你好"))
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    assert len(gateway.spark.requests) == before
