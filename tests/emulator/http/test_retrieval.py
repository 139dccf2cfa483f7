"""Vectors and ranks over HTTP (PROTOCOL-HTTP.md §8)."""

from __future__ import annotations

import math
from typing import Any

import pytest

from iflytek_spark.emulator import Emulator, HttpOptions, faults, running_emulator
from iflytek_spark.models.http_models import EMBEDDING_DIMENSIONS as DIMENSIONS
from tests.emulator.http.raw import post

_EMBED, _RANK = "xop3qwen8bembedding", "xop3qwen8breranker"
_TEXTS = ["签名多久失效？", "黄山的云海", "How long is a signature valid?"]


def embed(spark: Emulator, texts: Any = "签名", path: str = "/v2/embeddings", **fields: Any) -> Any:
    body = {"model": _EMBED, "input": texts, **fields}
    return post(spark, "maas", path, body)


def rank(spark: Emulator, query: str, documents: Any, **fields: Any) -> Any:
    body = {"model": _RANK, "query": query, "documents": documents, **fields}
    return post(spark, "maas", "/v2/rerank", body)


@pytest.mark.parametrize("path", ["/v1/embeddings", "/v2/embeddings"])
def test_vectors(spark: Emulator, path: str) -> None:
    body = embed(spark, _TEXTS, path).json()
    assert body["object"] == "list"
    assert [item["index"] for item in body["data"]] == [0, 1, 2]
    assert body["usage"]["prompt_tokens"] == body["usage"]["total_tokens"] > 0
    for item in body["data"]:
        assert len(item["embedding"]) == 768
        assert math.hypot(*item["embedding"]) == pytest.approx(1)
    assert embed(spark, _TEXTS, path).json()["data"] == body["data"]


@pytest.mark.parametrize("dimensions", DIMENSIONS)
def test_the_nine_dimensions(spark: Emulator, dimensions: int) -> None:
    (item,) = embed(spark, dimensions=dimensions).json()["data"]
    assert len(item["embedding"]) == dimensions
    assert math.hypot(*item["embedding"]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"dimensions": 2560}, 10005),
        ({"dimensions": 1536}, 10005),
        ({"texts": ["a", " "]}, 10005),
        ({"texts": []}, 10005),
        ({"texts": [[1, 2]]}, 10005),
        ({"model": "spark-x2.5"}, 10404),
    ],
)
def test_vectors_are_refused(spark: Emulator, fields: Any, code: int) -> None:
    response = embed(spark, **fields)
    assert (response.status_code, response.json()["error"]["code"]) == (400, code)


def test_the_refusal_names_the_nine(spark: Emulator) -> None:
    message = embed(spark, dimensions=100).json()["error"]["message"]
    assert all(str(each) in message for each in DIMENSIONS)


def test_vectors_may_come_in_any_order() -> None:
    texts = [f"text {number}" for number in range(5)]
    with (
        running_emulator() as plain,
        running_emulator(http_options=HttpOptions(shuffled=True)) as shuffled,
    ):
        expected = embed(plain, texts).json()["data"]
        found = embed(shuffled, texts).json()["data"]
    assert found != expected
    assert sorted(found, key=lambda item: item["index"]) == expected


def test_too_many_texts_for_one_request() -> None:
    with running_emulator(http_options=HttpOptions(max_texts=2)) as spark:
        assert embed(spark, _TEXTS).json()["error"]["code"] == 10005
        assert rank(spark, "x", _TEXTS).json()["error"]["code"] == 10005
        assert embed(spark, _TEXTS[:2]).status_code == 200


def test_too_many_requests_in_a_second() -> None:
    with running_emulator(max_qps=1) as spark:
        assert embed(spark).status_code == 200
        response = embed(spark)
    assert (response.status_code, response.json()["error"]["code"]) == (429, 11202)


@pytest.mark.parametrize("question", ["签名能用多久？", "how long are signatures valid"])
def test_ranks(spark: Emulator, question: str) -> None:
    body = rank(spark, question, _TEXTS, top_n=1).json()
    results = body["results"]
    scores = [result["relevance_score"] for result in results]
    assert sorted(scores, reverse=True) == scores
    assert all(0 <= score <= 1 for score in scores)
    assert [result["document"]["text"] for result in results] == [
        _TEXTS[result["index"]] for result in results
    ]
    assert results[0]["index"] == (0 if question[0] == "签" else 2)
    assert len(results) == len(_TEXTS)


def test_ranks_of_the_older_record_have_no_documents() -> None:
    with running_emulator(http_options=HttpOptions(with_documents=False)) as spark:
        results = rank(spark, "签名", _TEXTS).json()["results"]
    assert all(result.keys() == {"index", "relevance_score"} for result in results)


@pytest.mark.parametrize("fields", [{"documents": []}, {"documents": "x"}, {"query": ""}])
def test_ranks_are_refused(spark: Emulator, fields: Any) -> None:
    response = rank(spark, **{"query": "签名", "documents": _TEXTS, **fields})
    assert (response.status_code, response.json()["error"]["code"]) == (400, 10005)


def test_faults_and_keys_hold_here_too(spark: Emulator) -> None:
    spark.script(faults.ErrorFrame(11200, "gone"))
    assert embed(spark).status_code == 403
    body = {"model": _EMBED, "input": "x"}
    assert post(spark, "open", "/v2/embeddings", body).status_code == 401
