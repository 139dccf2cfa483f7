"""SparkEmbedding: kinds on the wire, order, batches, cache, bad input."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core.storage.kvstore import SimpleKVStore
from pydantic import ValidationError

from iflytek_spark import errors
from iflytek_spark.emulator import Emulator, SeenRequest, faults
from llama_index_spark import SparkEmbedding
from tests.llama_index_spark.conftest import MakeEmbedding

TEXTS = [f"第{number}段" for number in range(45)]


def asked(request: SeenRequest) -> tuple[str, str]:
    """The domain and the text of a request."""
    packed = request.body["payload"]["messages"]["text"]
    turns = json.loads(base64.b64decode(packed))
    return request.body["parameter"]["emb"]["domain"], turns["messages"][0]["content"]


def batch(model: SparkEmbedding, texts: list[str]) -> list[list[float]]:
    return model.get_text_embedding_batch(texts)


def abatch(model: SparkEmbedding, texts: list[str]) -> list[list[float]]:
    return asyncio.run(model.aget_text_embedding_batch(texts))


Embed = Callable[[SparkEmbedding, list[str]], list[list[float]]]
both = pytest.mark.parametrize("embed", [batch, abatch])


def test_queries_and_passages_differ_on_the_wire(
    embedding: SparkEmbedding, spark: Emulator
) -> None:
    vectors = [
        embedding.get_text_embedding("讯飞"),
        embedding.get_query_embedding("讯飞"),
        asyncio.run(embedding.aget_text_embedding("讯飞")),
        asyncio.run(embedding.aget_query_embedding("讯飞")),
        *embedding.get_text_embedding_batch(["讯飞"]),
    ]
    kinds = [asked(request)[0] for request in spark.requests]
    assert kinds == ["para", "query", "para", "query", "para"]
    assert vectors[0] == vectors[2] == vectors[4]
    assert vectors[1] == vectors[3] != vectors[0]


@both
def test_the_order_is_kept(embed: Embed, make_embedding: MakeEmbedding) -> None:
    model = make_embedding(embed_batch_size=20, max_concurrency=8)
    vectors = embed(model, TEXTS)
    assert vectors == [model.get_text_embedding(text) for text in TEXTS]
    assert all(len(vector) == 2560 and any(vector) for vector in vectors)
    assert embed(model, []) == []


@both
def test_batches_keep_to_the_rate(embed: Embed, make_embedding: MakeEmbedding) -> None:
    """The emulator answers 11202 to what comes too fast; nothing does, so nothing is repeated."""
    from iflytek_spark.emulator import running_emulator

    with running_emulator(max_qps=20) as spark:
        own = spark.credentials
        model = make_embedding(
            base_url=spark.base_url,
            app_id=own.app_id,
            api_key=own.api_key,
            api_secret=own.api_secret,
            max_qps=19,
            max_retries=0,
            embed_batch_size=5,
        )
        assert len(embed(model, TEXTS[:12])) == 12
        assert len(spark.requests) == 12


@both
def test_what_failed_for_good_stops_the_rest(
    embed: Embed, make_embedding: MakeEmbedding, spark: Emulator
) -> None:
    spark.script(*[None] * 12, faults.ErrorFrame(11201))
    with pytest.raises(errors.RateLimitError, match="11201"):
        embed(make_embedding(max_concurrency=1, embed_batch_size=10), TEXTS)
    assert len(spark.requests) == 13


@both
def test_too_many_requests_are_tried_again(
    embed: Embed, embedding: SparkEmbedding, spark: Emulator
) -> None:
    spark.script(faults.ErrorFrame(11202))
    (vector,) = embed(embedding, ["讯飞"])
    assert len(vector) == 2560
    assert len(spark.requests) == 2


@both
def test_a_cache_never_gives_a_query_the_vector_of_a_passage(
    embed: Embed, make_embedding: MakeEmbedding, spark: Emulator
) -> None:
    plain = make_embedding()
    passage, query = plain.get_text_embedding("讯飞"), plain.get_query_embedding("讯飞")
    cached = make_embedding(embeddings_cache=SimpleKVStore())
    before = len(spark.requests)
    for _ in range(2):
        assert cached.get_query_embedding("讯飞") == query
        assert asyncio.run(cached.aget_query_embedding("讯飞")) == query
        assert embed(cached, ["讯飞"]) == [passage]
    assert len(spark.requests) - before == 5


def test_texts_that_are_too_long(make_embedding: MakeEmbedding, spark: Emulator) -> None:
    with pytest.raises(errors.ContextLengthError, match=r"texts\[1\]"):
        make_embedding(too_long="error").get_text_embedding_batch(["短", "字" * 4000])
    assert not spark.requests
    assert len(make_embedding().get_text_embedding("字" * 4000)) == 2560


def test_an_empty_text_is_refused(embedding: SparkEmbedding, spark: Emulator) -> None:
    for embed in (embedding.get_query_embedding, embedding.get_text_embedding):
        with pytest.raises(errors.InvalidRequestError, match=r"texts\[0\] is empty"):
            embed(" ")
    assert not spark.requests


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"embed_batch_size": -1}, ValidationError, "embed_batch_size"),
        ({"embed_batch_size": 0}, ValidationError, "greater than 0"),
        ({"max_qps": 0}, ValidationError, "max_qps"),
        ({"max_concurrency": 0}, ValidationError, "max_concurrency"),
        ({"too_long": "cut"}, ValidationError, "too_long"),
        ({"batch_size": 5}, ValidationError, "batch_size"),
        ({"max_retries": -1}, errors.ConfigurationError, "max_retries"),
        ({"base_url": "nowhere"}, errors.ConfigurationError, "base_url"),
        ({"api_key": " "}, errors.MissingCredentialsError, "SPARK_API_KEY"),
    ],
)
def test_wrong_settings_are_refused_at_once(
    make_embedding: MakeEmbedding, settings: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        make_embedding(**settings)


async def test_a_progress_bar_on_demand(
    embedding: SparkEmbedding, capsys: pytest.CaptureFixture[str]
) -> None:
    await embedding.aget_text_embedding_batch(TEXTS)
    assert capsys.readouterr().err == ""
    await embedding.aget_text_embedding_batch(TEXTS, show_progress=True)
    assert "3/3" in capsys.readouterr().err
