"""SparkRerank sorts nodes, and SparkEmbedding asks a model on a MaaS host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core.callbacks import CallbackManager, CBEventType, LlamaDebugHandler
from llama_index.core.schema import NodeWithScore, TextNode

from iflytek_spark import errors
from iflytek_spark.emulator import Emulator, faults
from llama_index_spark import SparkEmbedding, SparkRerank
from tests._support.service import settings_of

QUESTION = "签名多久失效？"
NODES = [
    NodeWithScore(node=TextNode(text=text, id_=str(number)), score=0.5)
    for number, text in enumerate(["黄山的云海", "签名五分钟后失效。", "多久去一次黄山？"])
]
Sort = Callable[[SparkRerank, list[NodeWithScore]], list[NodeWithScore]]


@pytest.fixture
def settings(spark: Emulator, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("SPARK_MAAS_API_KEY", spark.http_keys.maas_key)
    return {**settings_of(spark), "max_qps": None}


def sort(model: SparkRerank, nodes: list[NodeWithScore]) -> list[NodeWithScore]:
    return model.postprocess_nodes(nodes, query_str=QUESTION)


def asort(model: SparkRerank, nodes: list[NodeWithScore]) -> list[NodeWithScore]:
    return asyncio.run(model.apostprocess_nodes(nodes, query_str=QUESTION))


both = pytest.mark.parametrize("ranked", [sort, asort])


@both
def test_the_best_come_first(ranked: Sort, settings: dict[str, Any]) -> None:
    best, second = ranked(SparkRerank(top_n=2, **settings), NODES)
    assert best.node.node_id == "1"
    assert best.get_score() > second.get_score()
    assert [one.score for one in NODES] == [0.5] * 3


@both
def test_callbacks_see_what_was_ranked(ranked: Sort, settings: dict[str, Any]) -> None:
    debug = LlamaDebugHandler(print_trace_on_end=False)
    model = SparkRerank(top_n=1, callback_manager=CallbackManager([debug]), **settings)
    ranked(model, NODES)
    ((start, end),) = debug.get_event_pairs(CBEventType.RERANKING)
    assert start.payload is not None
    assert end.payload is not None
    assert start.payload["query_str"] == QUESTION
    assert len(start.payload["nodes"]) == 3
    assert [one.node.node_id for one in end.payload["nodes"]] == ["1"]


@both
def test_no_nodes_need_no_request(ranked: Sort, settings: dict[str, Any], spark: Emulator) -> None:
    assert ranked(SparkRerank(**settings), []) == []
    assert not spark.requests


@both
def test_errors_are_typed(ranked: Sort, settings: dict[str, Any], spark: Emulator) -> None:
    spark.script(faults.ErrorFrame(11202, "slow down"))
    with pytest.raises(errors.RateLimitError, match="11202"):
        ranked(SparkRerank(max_retries=0, **settings), NODES)
    with pytest.raises(errors.InvalidRequestError, match="no query"):
        SparkRerank(**settings).postprocess_nodes(NODES)


def test_it_is_written_down_without_keys(settings: dict[str, Any]) -> None:
    written = SparkRerank(**settings).to_json()
    assert "xop3qwen8breranker" in written
    assert settings["api_secret"] not in written


TEXTS = [f"第{number}段" for number in range(120)]


async def test_a_hosted_model_takes_batches(settings: dict[str, Any], spark: Emulator) -> None:
    model = SparkEmbedding(model="xop3qwen8bembedding", dimensions=64, **settings)
    vectors = model.get_text_embedding_batch(TEXTS)
    assert [len(request.body["input"]) for request in spark.requests] == [50, 50, 20]
    assert {len(vector) for vector in vectors} == {64}
    assert await model.aget_text_embedding_batch(TEXTS) == vectors
    assert await model.aget_query_embedding(TEXTS[3]) == vectors[3]


def test_stores_are_kept_apart(settings: dict[str, Any]) -> None:
    hosted = SparkEmbedding(model="xop3qwen8bembedding", **settings)
    others = (
        SparkEmbedding(**settings),
        SparkEmbedding(model="xop3qwen8bembedding", dimensions=64, **settings),
    )
    assert hosted.namespace() not in {other.namespace() for other in others}
    assert SparkEmbedding.from_dict({**hosted.to_dict(), **settings}).namespace() == (
        hosted.namespace()
    )
    with pytest.raises(errors.InvalidRequestError, match="dimensions"):
        SparkEmbedding(model="xop3qwen8bembedding", dimensions=7, **settings)
