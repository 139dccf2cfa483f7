"""Models on a MaaS host through the gateway: vectors and ranks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

import httpx2
import openai
import pytest

from iflytek_spark.emulator import HttpKeys, faults
from tests.gateway.gateway_helpers import Gateway, one_gateway

KEYS = HttpKeys()
MODEL, RANKER = "xop3qwen8bembedding", "xop3qwen8breranker"
QUERY = "签名多久失效？"
DOCUMENTS = ["黄山的云海", "签名五分钟后失效。", "多久去一次黄山？"]


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with (
        mock.patch.dict(os.environ, {"SPARK_MAAS_API_KEY": KEYS.maas_key}),
        one_gateway(emulator={"http_keys": KEYS}, embeddings_per_second=None) as gateway,
    ):
        yield gateway


def rerank(gateway: Gateway, **body: Any) -> httpx2.Response:
    sent = {"model": RANKER, "query": QUERY, "documents": DOCUMENTS, **body}
    return httpx2.post(f"{gateway.url}/rerank", json=sent)


def test_openais_client_gets_vectors(client: openai.OpenAI, gateway: Gateway) -> None:
    before = len(gateway.spark.requests)
    found = client.embeddings.create(model=MODEL, input=DOCUMENTS, dimensions=128)
    assert [len(item.embedding) for item in found.data] == [128] * 3
    assert len(gateway.spark.requests) == before + 1


@pytest.mark.parametrize(
    "body",
    [
        {"dimensions": 100},
        {"model": "spark-embedding", "dimensions": 128},
    ],
)
def test_wrong_dimensions_are_named(gateway: Gateway, body: dict[str, Any]) -> None:
    sent = {"model": MODEL, "input": "x", **body}
    refused = httpx2.post(f"{gateway.url}/embeddings", json=sent)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "dimensions")


def test_ranks(gateway: Gateway) -> None:
    found = rerank(gateway, top_n=2).json()
    assert found["model"] == RANKER
    best, second = found["results"]
    assert (best["index"], best["document"]) == (1, {"text": DOCUMENTS[1]})
    assert best["relevance_score"] > second["relevance_score"]
    assert found["usage"]["total_tokens"] > 0


def test_documents_as_objects_and_without_repetition(gateway: Gateway) -> None:
    as_objects = [{"text": document} for document in DOCUMENTS]
    found = rerank(gateway, documents=as_objects, return_documents=False).json()["results"]
    assert len(found) == 3
    assert all(result.keys() == {"index", "relevance_score"} for result in found)
    assert rerank(gateway, documents=[]).json()["results"] == []


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"top_n": 0}, 400, "top_n"),
        ({"query": " "}, 400, "query"),
        ({"documents": ["a", ""]}, 400, "documents[1]"),
        ({"model": MODEL}, 404, "model"),
    ],
)
def test_what_cannot_be_ranked(
    gateway: Gateway, body: dict[str, Any], status: int, param: str
) -> None:
    refused = rerank(gateway, **body)
    assert refused.status_code == status
    assert refused.json()["error"]["param"].startswith(param)


@pytest.mark.parametrize(
    ("code", "status", "tries"), [(11200, 502, 1), (11202, 429, 3), (10005, 400, 1)]
)
def test_an_error_of_spark_is_told(gateway: Gateway, code: int, status: int, tries: int) -> None:
    gateway.spark.script(*[faults.ErrorFrame(code, "no")] * tries)
    refused = rerank(gateway, documents=["one"])
    assert (refused.status_code, refused.json()["error"]["spark_code"]) == (status, code)


def test_the_models_are_listed(client: openai.OpenAI) -> None:
    assert {MODEL, RANKER, "spark-embedding"} <= {model.id for model in client.models.list()}


def test_vectors_larger_than_a_message_are_the_services_to_refuse(gateway: Gateway) -> None:
    body = {"model": "xop3qwen0b6embedding", "input": "一", "dimensions": 99_999_999}
    response = httpx2.post(f"{gateway.url}/embeddings", json=body)
    assert response.status_code == 400
    assert response.json()["error"]["spark_code"] == 10005
