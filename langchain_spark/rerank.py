"""SparkRerank: documents sorted by a model on iFlytek's MaaS hosts, for LangChain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from langchain_core.callbacks import Callbacks
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.runnables import RunnableConfig, RunnableLambda
from pydantic import ConfigDict, Field

from iflytek_spark import RankedDocument, RerankOptions
from iflytek_spark.adapters import Service, rerank_address, rerank_service
from langchain_spark._errors import model_errors
from langchain_spark._settings import Connection


class _Input(TypedDict):
    """What a run is traced with."""

    query: str
    documents: list[Document]


class SparkRerank(Connection, BaseDocumentCompressor):
    """Sorts what a retriever found by how well it answers the question, and keeps the best.

    It needs the key of a MaaS service or plan, ``SPARK_MAAS_API_KEY``.

    .. code-block:: python

        from langchain_classic.retrievers import ContextualCompressionRetriever
        from langchain_spark import SparkRerank

        retriever = ContextualCompressionRetriever(
            base_compressor=SparkRerank(top_n=3),
            base_retriever=store.as_retriever(search_kwargs={"k": 20}),
        )

    Errors are both :class:`~iflytek_spark.SparkError` and LangChain's own ``Model…Error``.
    Callbacks see a run named ``SparkRerank``.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, defer_build=False)

    model: str = "xop3qwen8breranker"
    """The model, or the id of a service of yours on a MaaS host."""
    top_n: int | None = Field(default=3, ge=1)
    """How many documents are kept, or None for all."""
    batch_size: int = Field(default=50, ge=1)
    """Documents in a request; it shrinks when the service refuses so many."""
    max_qps: float | None = Field(default=2.0, gt=0)
    """Requests in a second, or None for no limit; all objects with one key share it."""
    max_concurrency: int = Field(default=4, ge=1)
    """Requests that may wait for an answer at once."""

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        """Sort documents.

        Args:
            documents: what was found, none of them empty; they are left as they are.
            query: the question.
            callbacks: what to tell of the run.

        Returns:
            Copies of the best, the best first, each with ``relevance_score`` in its metadata.

        Raises:
            SparkError: when they could not be ranked.
        """
        return self._run.invoke(_input(documents, query), _config(callbacks))

    async def acompress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        """Sort documents; see :meth:`compress_documents`."""
        return await self._run.ainvoke(_input(documents, query), _config(callbacks))

    def _resolve(self) -> None:
        super()._resolve()
        with model_errors():
            rerank_address(self._resolved_endpoint(), self.model)  # knows which models there are

    @property
    def _asked(self) -> Service:
        with model_errors():
            return rerank_service(self.model)

    @property
    def _run(self) -> RunnableLambda[_Input, list[Document]]:
        """What ranks, as a run that callbacks see."""

        def rank(given: _Input) -> list[Document]:
            texts = [document.page_content for document in given["documents"]]
            with model_errors():
                ranked = self._sync_client().rerank(given["query"], texts, **self._options())
            return _documents(given, ranked)

        async def arank(given: _Input) -> list[Document]:
            texts = [document.page_content for document in given["documents"]]
            with model_errors():
                client = self._async_client()
                ranked = await client.rerank(given["query"], texts, **self._options())
            return _documents(given, ranked)

        return RunnableLambda(rank, arank)

    def _options(self) -> RerankOptions:
        return {
            "model": self.model,
            "top_n": self.top_n,
            "batch_size": self.batch_size,
            "max_qps": self.max_qps,
            "max_concurrency": self.max_concurrency,
        }


def _input(documents: Sequence[Document], query: str) -> _Input:
    return {"query": query, "documents": list(documents)}


def _config(callbacks: Callbacks | None) -> RunnableConfig:
    return {"callbacks": callbacks, "run_name": SparkRerank.__name__}


def _documents(given: _Input, ranked: Sequence[RankedDocument]) -> list[Document]:
    return [_scored(given["documents"][one.index], one.score) for one in ranked]


def _scored(document: Document, score: float) -> Document:
    metadata = {**document.metadata, "relevance_score": score}
    return document.model_copy(update={"metadata": metadata})
