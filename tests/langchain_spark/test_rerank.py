"""SparkRerank sorts what a retriever found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from langchain_classic.retrievers import ContextualCompressionRetriever
from langchain_core import exceptions as core
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.vectorstores import InMemoryVectorStore
from pydantic import ValidationError

from iflytek_spark import errors
from iflytek_spark.emulator import Emulator, faults
from langchain_spark import SparkRerank
from tests._support.service import settings_of

QUESTION = "签名多久失效？"
DOCUMENTS = [
    Document("黄山的云海", metadata={"page": 1}),
    Document("签名五分钟后失效。", metadata={"page": 2}, id="two"),
    Document("多久去一次黄山？", metadata={"page": 3}),
]
Make = Callable[..., SparkRerank]
Compress = Callable[..., Sequence[Document]]


@pytest.fixture
def make(spark: Emulator, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setenv("SPARK_MAAS_API_KEY", spark.http_keys.maas_key)

    def rerank(**settings: Any) -> SparkRerank:
        return SparkRerank(**{**settings_of(spark), "max_qps": None, **settings})

    return rerank


def compress(model: SparkRerank, *args: Any) -> Sequence[Document]:
    return model.compress_documents(*args)


def acompress(model: SparkRerank, *args: Any) -> Sequence[Document]:
    return asyncio.run(model.acompress_documents(*args))


both = pytest.mark.parametrize("ranked", [compress, acompress])


@both
def test_the_best_come_first_with_their_scores(ranked: Compress, make: Make) -> None:
    best, second = ranked(make(top_n=2), DOCUMENTS, QUESTION)
    assert (best.page_content, best.id) == (DOCUMENTS[1].page_content, "two")
    assert best.metadata["page"] == 2
    assert best.metadata["relevance_score"] > second.metadata["relevance_score"]
    assert all("relevance_score" not in one.metadata for one in DOCUMENTS)
    assert len(ranked(make(top_n=None), DOCUMENTS * 2, QUESTION)) == 6


class Seen(BaseCallbackHandler):
    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []

    def on_chain_start(
        self, serialized: dict[str, Any], inputs: Any, *, run_id: UUID, **kwargs: Any
    ) -> None:
        self.events.append((kwargs["name"], inputs["query"]))

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self.events.append(("end", len(outputs)))

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self.events.append(("error", type(error).__name__))


@both
def test_callbacks_see_a_run(ranked: Compress, make: Make, spark: Emulator) -> None:
    seen = Seen()
    ranked(make(top_n=1), DOCUMENTS, QUESTION, [seen])
    assert seen.events == [("SparkRerank", QUESTION), ("end", 1)]
    spark.script(faults.ErrorFrame(11200, "gone"))
    with pytest.raises(core.ModelPermissionDeniedError) as caught:
        ranked(make(), DOCUMENTS, QUESTION, [seen])
    assert isinstance(caught.value, errors.PermissionDeniedError)
    assert seen.events[-1] == ("error", type(caught.value).__name__)


@both
def test_nothing_found_needs_no_request(ranked: Compress, make: Make, spark: Emulator) -> None:
    assert ranked(make(), [], QUESTION) == []
    assert not spark.requests


async def test_a_retriever_with_compression(make: Make) -> None:
    store = InMemoryVectorStore(DeterministicFakeEmbedding(size=8))
    store.add_documents(list(DOCUMENTS))
    retriever = ContextualCompressionRetriever(
        base_compressor=make(top_n=1), base_retriever=store.as_retriever()
    )
    for found in (retriever.invoke(QUESTION), await retriever.ainvoke(QUESTION)):
        assert [one.metadata["page"] for one in found] == [2]


def test_wrong_settings_are_refused_at_once(make: Make) -> None:
    with pytest.raises(core.ModelNotFoundError, match="makes no ranks"):
        make(model="4.0Ultra")
    with pytest.raises(ValidationError, match="top_n"):
        make(top_n=0)
