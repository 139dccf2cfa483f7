"""SparkEmbedding: iFlytek Spark's vectors for LlamaIndex."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from llama_index.core.base.embeddings.base import BaseEmbedding, Embedding
from llama_index.core.utils import get_tqdm_iterable
from pydantic import AliasChoices, ConfigDict, Field, model_validator

from iflytek_spark import EmbeddingKind, EmbedOptions, TooLong
from iflytek_spark.adapters import Service, usual_batch_size, vector_namespace, vector_service
from iflytek_spark.rates import Limit, Rate
from llama_index_spark._cache import NamespacedStore
from llama_index_spark._jobs import embed_texts
from llama_index_spark._settings import Connection


class SparkEmbedding(Connection, BaseEmbedding):
    """iFlytek Spark (讯飞星火) embeddings: the signed service's, or a model's on a MaaS host.

    The signed service has two vectors for a text, one as a passage to be found and one as the
    query that looks for it, of 2,560 numbers. It takes one text in a request and, on most
    accounts, two requests in a second: 1,000 texts take more than eight minutes, so keep what is
    done, in a persisted index or in an ``IngestionPipeline`` with a cache. Processes do not know
    of each other: with ``num_workers=2``, give each half of ``max_qps``.

    ``SparkEmbedding(model="xop3qwen8bembedding", dimensions=1024)`` asks a model on a MaaS host,
    with a key of its own, ``SPARK_MAAS_API_KEY``. It takes ``embed_batch_size`` texts in a
    request, 50 by default, and has one vector for a text. Vectors of two models or of two
    dimensions cannot be compared: keep each in an index of its own.

    ``embeddings_cache`` is safe to use. LlamaIndex keys it by the text alone; so queries pass it
    by here, and vectors stand in a collection of their own, named by :meth:`namespace`: those of
    the emulator are never taken for the service's.

    Examples:
        `pip install "iflytek-spark[llama-index]"`

        ```python
        from llama_index.core import Settings
        from llama_index_spark import SparkEmbedding

        # SPARK_APP_ID, SPARK_API_KEY and SPARK_API_SECRET stand in the environment
        Settings.embed_model = SparkEmbedding()

        passage = Settings.embed_model.get_text_embedding("秋天的北京很美。")
        query = Settings.embed_model.get_query_embedding("北京什么时候最美？")
        ```
    """

    model_name: str = Field(
        default="spark-embedding",
        description="`spark-embedding`, which is the signed service; `xop3qwen8bembedding` or "
        "another model on a MaaS host; or the id of a service of yours there.",
        validation_alias=AliasChoices("model_name", "model"),
    )
    if TYPE_CHECKING:  # what type checkers see of the other name
        model: str = "spark-embedding"
    else:
        model = property(lambda self: self.model_name)
    dimensions: int | None = Field(
        default=None,
        description="Numbers in a vector, where the model has several; its own by default.",
    )
    embed_batch_size: int = Field(
        default=20,
        description="Texts between two reports to callbacks and caches; with a model on a MaaS "
        "host those of a request too, 50 by default.",
        gt=0,
        le=2048,
    )
    max_qps: float | None = Field(
        default=2.0,
        description="Requests in a second, or None for no limit; all objects of one app share it.",
        gt=0,
    )
    max_concurrency: int = Field(
        default=4, description="Requests that may wait for an answer at once.", ge=1
    )
    too_long: TooLong = Field(
        default="split",
        description="Whether a text above the model's limit (the signed service: 2,048 tokens) is "
        "cut into pieces, whose vectors are averaged, or is an error.",
    )

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    @classmethod
    def class_name(cls) -> str:
        """The name by which LlamaIndex writes the class down."""
        return "SparkEmbedding"

    def get_query_embedding(self, query: str) -> Embedding:
        """Turn a query into a vector, past the cache, which holds vectors of passages.

        Args:
            query: the query.

        Returns:
            Its vector.

        Raises:
            SparkError: when it has failed for good.
        """
        return super(SparkEmbedding, self._without_cache()).get_query_embedding(query)

    async def aget_query_embedding(self, query: str) -> Embedding:
        """Turn a query into a vector; see :meth:`get_query_embedding`."""
        return await super(SparkEmbedding, self._without_cache()).aget_query_embedding(query)

    async def aget_text_embedding_batch(
        self, texts: list[str], show_progress: bool = False, **kwargs: Any
    ) -> list[Embedding]:
        """Turn texts into vectors, a batch after the other: all share one rate.

        Args:
            texts: the texts, none of them empty.
            show_progress: whether a progress bar is shown.
            **kwargs: passed on to LlamaIndex.

        Returns:
            A vector for each, in the same order.

        Raises:
            SparkError: when one of them has failed for good; no further one is sent.
        """
        size = self.embed_batch_size
        batches = [texts[start : start + size] for start in range(0, len(texts), size)]
        vectors: list[Embedding] = []
        for batch in get_tqdm_iterable(batches, show_progress, "Generating embeddings"):
            vectors += await super().aget_text_embedding_batch(batch, **kwargs)
        return vectors

    def embed_job(self, texts: Iterable[str], output: str | Path) -> list[Embedding]:
        """Turn any number of passages into vectors as a job; or go on with it.

        What is done is kept in a journal beside ``output``: after a crash the same call goes on,
        and a finished one makes no call. :class:`~llama_index_spark.SparkEmbeddingJob` does so in
        an ``IngestionPipeline``.

        Args:
            texts: the texts, none of them empty.
            output: a ``.jsonl`` file for the vectors; texts and journal stand beside it.

        Returns:
            A vector for each, in the same order.

        Raises:
            JobError: for the first text that failed; else see :func:`iflytek_spark.jobs.embed`.
        """
        limit = None if self.max_qps is None else Limit(self.max_qps)
        client = self._sync_client()
        client = client if client.rate else client.with_rate(Rate(embeddings=limit))
        return embed_texts(client, texts, Path(output), self._embed_options("document"))

    def namespace(self, kind: EmbeddingKind = "document") -> str:
        """Name the store of the vectors that this object computes, for caches of all kinds.

        Vectors of an emulator, of a stand-in and of the service cannot be compared, nor can those
        of two models or dimensions, nor those of documents and of queries; so the name holds
        the model, the kind, the address that answers and the dimensions.

        Args:
            kind: ``document`` or ``query``.

        Returns:
            For example ``spark-embedding-document-emb-cn-huabei-1.xf-yun.com-2560``; a name of
            files and collections may hold it.
        """
        endpoint = self._resolved_endpoint()
        return vector_namespace(endpoint, kind, self.model_name, self.dimensions)

    def to_payload(self) -> dict[str, Any]:
        """Describe the model for events and traces, without any secret."""
        return {**super().to_payload(), "address": self._address()}

    def _address(self) -> str:
        return self.namespace()

    def _resolve(self) -> None:
        """Refuse a model or dimensions that do not exist; a hosted model has batches of its own."""
        super()._resolve()
        self.namespace()
        if self._batches and "embed_batch_size" not in self.model_fields_set:
            self.embed_batch_size = self._batches

    @property
    def _asked(self) -> Service:
        return vector_service(self.model_name)

    @model_validator(mode="after")
    def _keep_apart(self) -> Self:
        """Have a cache keep the vectors of each address apart."""
        store = self.embeddings_cache
        if store is not None and not isinstance(store, NamespacedStore):
            self.embeddings_cache = NamespacedStore(store, self.namespace())
        return self

    def _get_query_embedding(self, query: str) -> Embedding:
        return self._embed([query], "query")[0]

    async def _aget_query_embedding(self, query: str) -> Embedding:
        return (await self._aembed([query], "query"))[0]

    def _get_text_embedding(self, text: str) -> Embedding:
        return self._embed([text], "document")[0]

    async def _aget_text_embedding(self, text: str) -> Embedding:
        return (await self._aembed([text], "document"))[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[Embedding]:
        return self._embed(texts, "document")

    async def _aget_text_embeddings(self, texts: list[str]) -> list[Embedding]:
        return await self._aembed(texts, "document")

    def _embed(self, texts: list[str], kind: EmbeddingKind) -> list[Embedding]:
        return self._sync_client().embed(texts, **self._embed_options(kind))

    async def _aembed(self, texts: list[str], kind: EmbeddingKind) -> list[Embedding]:
        return await self._async_client().embed(texts, **self._embed_options(kind))

    def _embed_options(self, kind: EmbeddingKind) -> EmbedOptions:
        return {
            "model": self.model_name,
            "dimensions": self.dimensions,
            "batch_size": self.embed_batch_size if self._batches else None,
            "kind": kind,
            "max_qps": self.max_qps,
            "max_concurrency": self.max_concurrency,
            "too_long": self.too_long,
        }

    @property
    def _batches(self) -> int | None:
        """Texts in a request by default, where a request may hold several."""
        return usual_batch_size(self.model_name)

    def _without_cache(self) -> Self:
        return self.model_copy(update={"embeddings_cache": None})
