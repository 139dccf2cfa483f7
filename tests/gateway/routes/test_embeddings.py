"""Embeddings through the gateway."""

from __future__ import annotations

import base64
import struct
from typing import Any

import httpx2
import openai
import pytest

from iflytek_spark.client import SparkClient
from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.models.services import Vector
from tests.gateway.conftest import RunningGateway
from tests.gateway.gateway_helpers import Gateway
from tests.unit.embeddings.embedding_helpers import asked

MODEL = "spark-embedding"
TEXTS = ["讯飞星火", "潮汐", "a tide"]


def expected(spark: Emulator, *texts: str, **options: Any) -> list[Vector]:
    client = SparkClient(spark.credentials, base_url=spark.base_url)
    return client.embed(texts, max_qps=None, **options)


def post(gateway: Gateway, **body: Any) -> httpx2.Response:
    return httpx2.post(f"{gateway.url}/embeddings", json={"model": MODEL, **body})


def test_texts_become_vectors_in_their_order(client: openai.OpenAI, gateway: Gateway) -> None:
    vectors = expected(gateway.spark, *TEXTS)
    by_default = client.embeddings.create(model=MODEL, input=TEXTS)
    in_floats = client.embeddings.create(model=MODEL, input=TEXTS, encoding_format="float")
    for answer in (by_default, in_floats):
        assert [item.embedding for item in answer.data] == vectors
        assert [item.index for item in answer.data] == [0, 1, 2]
        assert answer.model == MODEL


async def test_one_text_in_an_event_loop(aclient: openai.AsyncOpenAI, gateway: Gateway) -> None:
    answer = await aclient.embeddings.create(model="text-embedding-3-small", input="潮汐")
    assert [item.embedding for item in answer.data] == expected(gateway.spark, "潮汐")
    assert answer.model == "text-embedding-3-small"


def test_base64_is_little_endian_float32(gateway: Gateway) -> None:
    (item,) = post(gateway, input="潮汐", encoding_format="base64").json()["data"]
    packed = base64.b64decode(item["embedding"])
    assert list(struct.unpack("<2560f", packed)) == expected(gateway.spark, "潮汐")[0]


def test_a_question_has_a_vector_of_its_own(gateway: Gateway) -> None:
    for kind in ("document", "query"):
        (item,) = post(gateway, input="潮汐", input_type=kind).json()["data"]
        assert item["embedding"] == expected(gateway.spark, "潮汐", kind=kind)[0]
    assert item["embedding"] != expected(gateway.spark, "潮汐")[0]


def test_token_counts_are_said_to_be_estimated(gateway: Gateway) -> None:
    usage = post(gateway, input=["讯飞星火", "abcd"]).json()["usage"]
    assert usage == {"prompt_tokens": 4, "total_tokens": 4, "estimated": True}


@pytest.mark.parametrize(
    ("fields", "param", "words"),
    [
        ({"input": [1, 2]}, "input", "check_embedding_ctx_length=False"),
        ({"input": [[1, 2], [3]]}, "input", "check_embedding_ctx_length=False"),
        ({"input": ""}, "input", "at least 1 character"),
        ({"input": " \n"}, "input", "empty"),
        ({"input": ["a", "　"]}, "input[1]", "empty"),
        ({"input": []}, "input", "at least 1 item"),
        ({"input": ["a"] * 2049}, "input", "at most 2048"),
        ({"input": None}, "input", "valid string"),
        ({"input": "a", "dimensions": 256}, "dimensions", "2560"),
        ({"input": "a", "encoding_format": "int8"}, "encoding_format", "'float' or 'base64'"),
        ({"input": "a", "input_type": "passage"}, "input_type", "'document' or 'query'"),
    ],
)
def test_what_spark_cannot_do_is_refused(
    gateway: Gateway, fields: dict[str, Any], param: str, words: str
) -> None:
    before = len(gateway.spark.requests)
    refused = post(gateway, **fields)
    error = refused.json()["error"]
    assert (refused.status_code, error["param"]) == (400, param)
    assert words in error["message"]
    assert len(gateway.spark.requests) == before


@pytest.mark.parametrize("model", ["text-embedding-ada-002", "4.0Ultra", "spark-image"])
def test_another_model_is_not_found(client: openai.OpenAI, model: str) -> None:
    with pytest.raises(openai.NotFoundError, match="embedding do") as caught:
        client.embeddings.create(model=model, input="潮汐")
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


def test_an_error_of_spark_is_told(client: openai.OpenAI, gateway: Gateway) -> None:
    gateway.spark.script(faults.ErrorFrame(11200))
    with pytest.raises(openai.InternalServerError, match="gateway's own Spark account"):
        client.embeddings.create(model=MODEL, input="潮汐")


def test_the_accounts_rate_is_kept(running_gateway: RunningGateway, emulator: Emulator) -> None:
    url = running_gateway(embeddings_per_second=20)
    answer = httpx2.post(f"{url}/v1/embeddings", json={"model": MODEL, "input": ["潮汐"] * 11})
    assert len(answer.json()["data"]) == 11
    assert answer.elapsed.total_seconds() >= 0.5


def test_nothing_more_is_sent_when_the_caller_leaves(
    running_gateway: RunningGateway, emulator: Emulator
) -> None:
    url = running_gateway(embeddings_per_second=4)
    texts = [f"第{number}段" for number in range(100)]
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(f"{url}/v1/embeddings", json={"model": MODEL, "input": texts}, timeout=0.4)
    assert emulator.wait_until_idle(1.0)
    assert {asked(request) for request in emulator.requests} < set(texts)
