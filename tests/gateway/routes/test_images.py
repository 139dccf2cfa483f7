"""Images from a description through the gateway."""

from __future__ import annotations

import base64
from typing import Any

import httpx2
import openai
import pytest

from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.models.services import IMAGE_SIZES
from tests.gateway.conftest import RunningGateway
from tests.gateway.gateway_helpers import Gateway
from tests.unit.images.drawing import drawn, opened

SIZES = [f"{width}x{height}" for width, height in IMAGE_SIZES]


def post(url: str, **body: Any) -> httpx2.Response:
    return httpx2.post(f"{url}/images/generations", json={"prompt": "一只猫", **body})


def picture(answer: Any) -> bytes:
    (item,) = answer["data"]
    return base64.b64decode(item["b64_json"])


def test_an_image_is_made(client: openai.OpenAI) -> None:
    answer = client.images.generate(
        model="spark-image", prompt="一只猫", response_format="b64_json", size="1024x1024"
    )
    image = (answer.data or [])[0]
    assert opened(base64.b64decode(image.b64_json or "")).size == (1024, 1024)
    assert answer.created
    assert image.url is None
    assert (answer.size, answer.output_format) == ("1024x1024", "png")


async def test_an_image_is_made_in_an_event_loop(aclient: openai.AsyncOpenAI) -> None:
    answer = await aclient.images.generate(prompt="一只猫")
    image = (answer.data or [])[0]
    assert opened(base64.b64decode(image.b64_json or "")).size == (512, 512)


@pytest.mark.parametrize("size", SIZES)
def test_every_size_that_spark_makes(gateway: Gateway, size: str) -> None:
    made = opened(picture(post(gateway.url, size=size).json()))
    assert f"{made.width}x{made.height}" == size


def test_fields_that_ask_for_nothing_are_taken(gateway: Gateway) -> None:
    neutral = {
        "model": "house/画家 v1.5",
        "n": 1,
        "size": None,
        "quality": "standard",
        "style": None,
        "user": "anna",
        "background": "auto",
    }
    assert post(gateway.url, **neutral).status_code == 200


@pytest.mark.parametrize(
    ("fields", "param", "words"),
    [
        ({"prompt": ""}, "prompt", "at least 1 character"),
        ({"prompt": " "}, "prompt", "empty"),
        ({"prompt": "猫" * 1001}, "prompt", "1000"),
        ({"n": 2}, "n", "1"),
        ({"size": "1792x1024"}, "size", ", ".join(SIZES)),
        ({"size": 512}, "size", "string"),
        ({"response_format": "url"}, "response_format", "b64_json"),
        ({"output_format": "webp"}, "output_format", "no counterpart"),
        ({"stream": True}, "stream", "no such field"),
    ],
)
def test_what_spark_cannot_do_is_refused(
    gateway: Gateway, fields: dict[str, Any], param: str, words: str
) -> None:
    before = len(gateway.spark.requests)
    refused = post(gateway.url, **fields)
    error = refused.json()["error"]
    assert (refused.status_code, error["param"]) == (400, param)
    assert words in error["message"]
    assert len(gateway.spark.requests) == before


def test_another_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="spark-image does"):
        client.images.generate(prompt="一只猫", model="dall-e-3")


def test_a_prompt_that_moderation_refuses(client: openai.OpenAI, gateway: Gateway) -> None:
    gateway.spark.script(faults.ErrorFrame(10021))
    with pytest.raises(openai.BadRequestError, match="10021") as caught:
        client.images.generate(prompt="一只猫")
    assert caught.value.code == "content_filter"


@pytest.mark.parametrize(("file_format", "output_format"), [("JPEG", "jpeg"), ("WEBP", None)])
def test_the_format_of_the_file_is_named_when_it_is_known(
    gateway: Gateway, file_format: str, output_format: str | None
) -> None:
    image = drawn((64, 64), file_format)
    text = {"content": base64.b64encode(image).decode(), "index": 0, "role": "assistant"}
    payload = {"choices": {"status": 2, "seq": 0, "text": [text]}}
    header = {"code": 0, "message": "Success", "sid": "cht1", "status": 2}
    frame = httpx2.Request("POST", "http://x", json={"header": header, "payload": payload}).content
    gateway.spark.script(faults.Replay((frame.decode(),)))
    answer = post(gateway.url).json()
    assert answer["output_format"] == output_format
    assert picture(answer) == image


def test_the_call_ends_when_the_caller_leaves(
    running_gateway: RunningGateway, emulator: Emulator
) -> None:
    url = running_gateway()
    emulator.script(faults.Silence())
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(f"{url}/v1/images/generations", json={"prompt": "一只猫"}, timeout=0.3)
    assert emulator.wait_until_idle(1.0)
