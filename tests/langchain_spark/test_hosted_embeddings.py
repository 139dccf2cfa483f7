"""SparkEmbeddings by a model on a MaaS host: LangChain's own tests, and caches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from langchain_classic.embeddings import CacheBackedEmbeddings
from langchain_core import exceptions as core
from langchain_core.embeddings import Embeddings
from langchain_core.stores import InMemoryByteStore
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_tests.integration_tests import EmbeddingsIntegrationTests

from iflytek_spark import errors
from iflytek_spark.emulator import Emulator, faults
from langchain_spark import SparkEmbeddings
from tests._support.service import settings_of

MODEL = "xop3qwen8bembedding"
TEXTS = [f"第{number}段" for number in range(25)]
Make = Callable[..., SparkEmbeddings]
Embed = Callable[[Embeddings, list[str]], list[list[float]]]


@pytest.fixture(autouse=True)
def key(spark: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_MAAS_API_KEY", spark.http_keys.maas_key)


@pytest.fixture
def make(spark: Emulator) -> Make:
    def embeddings(**settings: Any) -> SparkEmbeddings:
        given = {"model": MODEL, "max_qps": None, "max_concurrency": 1, **settings}
        return SparkEmbeddings(**{**settings_of(spark), **given})

    return embeddings


def embed_documents(model: Embeddings, texts: list[str]) -> list[list[float]]:
    return model.embed_documents(texts)


def aembed_documents(model: Embeddings, texts: list[str]) -> list[list[float]]:
    return asyncio.run(model.aembed_documents(texts))


both = pytest.mark.parametrize("embed", [embed_documents, aembed_documents])


class TestIntegration(EmbeddingsIntegrationTests):
    @pytest.fixture(autouse=True)
    def _service(self, spark: Emulator) -> None:
        self.spark = spark

    @property
    def embeddings_class(self) -> type[Embeddings]:
        return SparkEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {**settings_of(self.spark), "model": MODEL, "dimensions": 256, "max_qps": 100.0}


def cached(
    model: SparkEmbeddings, store: InMemoryByteStore, batch_size: int = 10
) -> CacheBackedEmbeddings:
    return CacheBackedEmbeddings.from_bytes_store(
        model, store, namespace=model.namespace(), key_encoder="sha256", batch_size=batch_size
    )


@both
def test_an_interrupted_run_sends_no_text_twice(embed: Embed, make: Make, spark: Emulator) -> None:
    """The fault is in the third batch of ten; the two before it are stored."""
    store = InMemoryByteStore()
    spark.script(None, None, faults.ErrorFrame(11200, "gone"))
    with pytest.raises(errors.PermissionDeniedError, match="11200"):
        embed(cached(make(), store), TEXTS)
    before = len(spark.requests)
    vectors = embed(cached(make(), store), TEXTS)
    assert [request.body["input"] for request in spark.requests[before:]] == [TEXTS[20:]]
    assert vectors == embed(make(), TEXTS)


@both
def test_a_thousand_texts_take_twenty_requests_and_are_resumed(
    embed: Embed, make: Make, spark: Emulator
) -> None:
    """The fault is in the request behind the first twelve, whose 600 texts are stored."""
    texts = [f"第{number}段" for number in range(1000)]
    store = InMemoryByteStore()
    spark.script(*[None] * 12, faults.ErrorFrame(11200, "gone"))
    before = len(spark.requests)
    with pytest.raises(errors.PermissionDeniedError):
        embed(cached(make(dimensions=32), store, 50), texts)
    vectors = embed(cached(make(dimensions=32), store, 50), texts)
    asked = [request.body["input"] for request in spark.requests[before:]]
    answered = [text for batch in (*asked[:12], *asked[13:]) for text in batch]
    assert [len(batch) for batch in asked] == [50] * 21
    assert (answered, len(vectors)) == (texts, 1000)


def test_stores_are_kept_apart(make: Make) -> None:
    models = (
        make(),
        make(dimensions=1024),
        make(model="xop3qwen0b6embedding"),
        make(model="spark-embedding"),
        make(base_url="https://maas-token-api.cn-huabei-1.xf-yun.com/v2"),
    )
    names = {model.namespace() for model in models}
    assert len(names) == 5
    assert make().namespace() == make(dimensions=768).namespace()
    assert models[4].namespace() == (
        f"{MODEL}-document-maas-token-api.cn-huabei-1.xf-yun.com-v2-embeddings-768"
    )


def test_retrieval_makes_sense(make: Make) -> None:
    documents = ["秋天的北京最美,香山的红叶满山遍野。", "红烧肉要用五花肉,小火慢炖一个小时。"]
    store = InMemoryVectorStore.from_texts(documents, make(dimensions=512))
    assert store.similarity_search("红烧肉怎么炖?", k=1)[0].page_content == documents[1]


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"dimensions": 100}, core.ModelInvalidRequestError),
        ({"model": "x2"}, core.ModelNotFoundError),
    ],
)
def test_wrong_settings_are_refused_at_once(
    make: Make, settings: dict[str, Any], kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        make(**settings)


def test_errors_are_langchains_too(make: Make, spark: Emulator) -> None:
    spark.script(faults.ErrorFrame(11202))
    with pytest.raises(core.ModelRateLimitError) as caught:
        make(max_retries=0).embed_query("x")
    assert isinstance(caught.value, errors.RateLimitError)
