"""SparkEmbeddings: what LangChain's own tests do not look at."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import logging
import pickle
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from langchain_classic.embeddings import CacheBackedEmbeddings
from langchain_core import exceptions as core
from langchain_core.embeddings import Embeddings
from langchain_core.stores import InMemoryByteStore
from langchain_core.vectorstores import InMemoryVectorStore
from pydantic import ValidationError

from iflytek_spark import errors
from iflytek_spark.emulator import Emulator, SeenRequest, faults
from langchain_spark import SparkEmbeddings
from tests._support.service import lead_to, settings_of

Make = Callable[..., SparkEmbeddings]


@pytest.fixture
def make(spark: Emulator) -> Make:
    def embeddings(**settings: Any) -> SparkEmbeddings:
        return SparkEmbeddings(**{**settings_of(spark), "max_qps": None, **settings})

    return embeddings


def asked(request: SeenRequest) -> tuple[str, str]:
    """The domain and the text of a request."""
    packed = request.body["payload"]["messages"]["text"]
    turns = json.loads(base64.b64decode(packed))
    return request.body["parameter"]["emb"]["domain"], turns["messages"][0]["content"]


def embed_documents(model: Embeddings, texts: list[str]) -> list[list[float]]:
    return model.embed_documents(texts)


def aembed_documents(model: Embeddings, texts: list[str]) -> list[list[float]]:
    return asyncio.run(model.aembed_documents(texts))


Embed = Callable[[Embeddings, list[str]], list[list[float]]]
both = pytest.mark.parametrize("embed", [embed_documents, aembed_documents])


def test_queries_and_documents_differ_on_the_wire(make: Make, spark: Emulator) -> None:
    model = make()
    vectors = [
        model.embed_documents(["讯飞"])[0],
        model.embed_query("讯飞"),
        asyncio.run(model.aembed_documents(["讯飞"]))[0],
        asyncio.run(model.aembed_query("讯飞")),
    ]
    assert [asked(request)[0] for request in spark.requests] == ["para", "query", "para", "query"]
    assert vectors[0] == vectors[2]
    assert vectors[1] == vectors[3]
    assert vectors[0] != vectors[1]


DOCUMENTS = [
    "秋天的北京最美,香山的红叶满山遍野。",
    "上海外滩的夜景闻名世界。",
    "机器学习中的过拟合可以用正则化来缓解。",
    "红烧肉要用五花肉,小火慢炖一个小时。",
    "Python uses indentation to group statements.",
    "The Great Wall of China is more than 20,000 kilometres long.",
    "Photosynthesis turns sunlight into chemical energy in plants.",
    "Compound interest makes savings grow faster every year.",
]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("北京什么季节最美?", 0),
        ("外滩在哪里看夜景?", 1),
        ("怎么缓解过拟合?", 2),
        ("红烧肉怎么炖?", 3),
        ("Which language groups statements by indentation?", 4),
        ("How long is the Great Wall?", 5),
        ("How do plants use sunlight?", 6),
        ("Why do my savings grow with compound interest?", 7),
    ],
)
async def test_retrieval_makes_sense(make: Make, question: str, answer: int) -> None:
    store = await InMemoryVectorStore.afrom_texts(DOCUMENTS, make(max_concurrency=8))
    (found,) = await store.asimilarity_search(question, k=1)
    assert found.page_content == DOCUMENTS[answer]


def test_retrieval_from_a_thread(make: Make) -> None:
    store = InMemoryVectorStore.from_texts(DOCUMENTS, make(max_concurrency=8))
    (found,) = store.as_retriever(search_kwargs={"k": 1}).invoke("怎么缓解过拟合?")
    assert found.page_content == DOCUMENTS[2]


TEXTS = [f"第{number}段" for number in range(25)]


def cached(model: SparkEmbeddings, store: InMemoryByteStore) -> CacheBackedEmbeddings:
    return CacheBackedEmbeddings.from_bytes_store(
        model, store, namespace="spark-document", key_encoder="sha256", batch_size=10
    )


@both
def test_an_interrupted_run_goes_on_where_it_stopped(
    embed: Embed, make: Make, spark: Emulator
) -> None:
    """The fault is in the third batch of ten; the two before it are stored."""
    store = InMemoryByteStore()
    spark.script(*[None] * 22, faults.ErrorFrame(11201))
    with pytest.raises(errors.RateLimitError, match="11201"):
        embed(cached(make(max_concurrency=1), store), TEXTS)
    assert len(spark.requests) == 23
    vectors = embed(cached(make(max_concurrency=1), store), TEXTS)
    again = [asked(request)[1] for request in spark.requests[23:]]
    assert again == TEXTS[20:]
    assert vectors == embed(make(), TEXTS)


@both
def test_what_is_stored_is_not_asked_for(embed: Embed, make: Make, spark: Emulator) -> None:
    store = InMemoryByteStore()
    first = embed(cached(make(), store), TEXTS)
    assert embed(cached(make(), store), TEXTS) == first
    assert len(spark.requests) == 25


@pytest.mark.parametrize(
    ("code", "spark_kind", "core_kind", "retryable"),
    [
        (11200, errors.PermissionDeniedError, core.ModelPermissionDeniedError, False),
        (11202, errors.RateLimitError, core.ModelRateLimitError, True),
        (10907, errors.ContextLengthError, core.ContextOverflowError, False),
        (10010, errors.InternalServerError, core.ModelAPIError, True),
    ],
)
@both
def test_errors_are_langchains_too(
    make: Make,
    spark: Emulator,
    embed: Embed,
    code: int,
    spark_kind: type[errors.SparkError],
    core_kind: type[core.ModelError],
    retryable: bool,
) -> None:
    spark.script(faults.ErrorFrame(code))
    model = make(max_retries=0)
    with pytest.raises(spark_kind) as caught:
        embed(model, ["讯飞"])
    assert isinstance(caught.value, core_kind)
    assert caught.value.is_retryable is retryable
    assert len(embed(model, ["讯飞"])[0]) == 2560


async def test_an_empty_query(make: Make) -> None:
    with pytest.raises(core.ModelInvalidRequestError, match=r"texts\[0\] is empty"):
        make().embed_query("")
    with pytest.raises(core.ModelInvalidRequestError, match=r"texts\[0\] is empty"):
        await make().aembed_query("")


def test_too_long_texts_are_refused_on_demand(make: Make, spark: Emulator) -> None:
    with pytest.raises(core.ContextOverflowError, match=r"texts\[1\] has about 2667 tokens"):
        make(too_long="error").embed_documents(["短", "字" * 4000])
    assert not spark.requests
    assert len(make().embed_documents(["字" * 4000])[0]) == 2560


def test_too_many_requests_are_tried_again(make: Make, spark: Emulator) -> None:
    spark.script(faults.ErrorFrame(11202))
    assert len(make().embed_query("讯飞")) == 2560
    assert len(spark.requests) == 2


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"api_key": " "}, core.ModelAuthenticationError, "SPARK_API_KEY"),
        ({"base_url": "not an address"}, core.ModelInvalidRequestError, "base_url"),
        ({"timeout": -1}, core.ModelInvalidRequestError, "timeout"),
        ({"max_retries": -1}, core.ModelInvalidRequestError, "max_retries"),
        ({"max_qps": 0}, ValidationError, "max_qps"),
        ({"max_concurrency": 0}, ValidationError, "max_concurrency"),
        ({"too_long": "cut"}, ValidationError, "too_long"),
        ({"max_qpm": 5}, ValidationError, "max_qpm"),
    ],
)
def test_wrong_settings_are_refused_when_the_model_is_made(
    make: Make, settings: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        make(**settings)


@both
def test_a_progress_bar_on_demand(
    embed: Embed, make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    embed(make(), TEXTS)
    assert capsys.readouterr().err == ""
    embed(make(show_progress=True), TEXTS)
    shown = capsys.readouterr().err
    assert "Spark embeddings: 100%" in shown
    assert "25/25" in shown


def test_a_progress_bar_needs_tqdm(
    make: Make, spark: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make(show_progress=True)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(core.ModelInvalidRequestError, match="pip install tqdm"):
        model.embed_documents(["讯飞"])
    assert not spark.requests


def test_one_object_in_many_loops_and_copies(
    make: Make, spark: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(spark, monkeypatch)  # a pickle takes its keys from there
    model = make()
    expected = model.embed_query("讯飞")
    for other in (model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301
        assert other == model
        assert asyncio.run(other.aembed_query("讯飞")) == expected


def test_secrets_are_never_shown(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    model = make(api_secret="MARKERSECRET", api_key="MARKERKEY", max_retries=0)
    shown = ""
    try:
        model.embed_query("讯飞")
    except core.ModelError as error:
        shown = "".join(traceback.format_exception(error)) + repr(vars(error))
    assert "401" in shown
    outputs = [repr(model), str(model), model.model_dump_json(), caplog.text, shown]
    assert [out for out in outputs if "MARKER" in out or "authorization" in out] == []
