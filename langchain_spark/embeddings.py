"""SparkEmbeddings: iFlytek Spark's vectors for LangChain."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from langchain_core.embeddings import Embeddings
from pydantic import ConfigDict, Field

from iflytek_spark import (
    ConfigurationError,
    EmbeddingKind,
    EmbedOptions,
    Progress,
    TooLong,
    Vector,
)
from iflytek_spark.adapters import Service, vector_namespace, vector_service
from langchain_spark._errors import model_errors
from langchain_spark._settings import Connection


class SparkEmbeddings(Connection, Embeddings):
    """iFlytek Spark (讯飞星火) embeddings: the signed service's, or a model's on a MaaS host.

    Setup:
        Install ``iflytek-spark[langchain]`` and set the three values of your app in the
        console (https://console.xfyun.cn), where embedding is enabled apart from the models.

        .. code-block:: bash

            export SPARK_APP_ID="…" SPARK_API_KEY="…" SPARK_API_SECRET="…"

    Instantiate:
        .. code-block:: python

            from langchain_spark import SparkEmbeddings

            embeddings = SparkEmbeddings()

    Use:
        .. code-block:: python

            vectors = embeddings.embed_documents(["秋天的北京很美。", "The sea is blue."])
            vector = embeddings.embed_query("北京什么时候最美?")
            vector = await embeddings.aembed_query("北京什么时候最美?")

    Documents and queries:
        Spark has two vectors for a text, one as a document and one as a query; compare
        queries with documents.

    Hosted models:
        A model on a MaaS host takes many texts in a request, and has one vector for a text; its
        key is another one, ``SPARK_MAAS_API_KEY``. Its vectors cannot be compared with those of
        the signed service, nor those of two ``dimensions``: keep each in a store of its own.

        .. code-block:: python

            embeddings = SparkEmbeddings(model="xop3qwen8bembedding", dimensions=1024)

    Many texts:
        The signed service takes one text in a request and, on most accounts, two requests in a
        second: 1,000 texts take more than eight minutes, and ten seconds by a hosted model.
        ``show_progress=True`` shows where it is.
        Keep what is done, so that a run that was interrupted goes on where it stopped. With a
        ``batch_size`` of its own, the cache is written after every so many texts; without
        one, only at the very end.

        .. code-block:: python

            from langchain_classic.embeddings import CacheBackedEmbeddings
            from langchain_classic.storage import LocalFileStore

            cached = CacheBackedEmbeddings.from_bytes_store(
                embeddings,
                LocalFileStore("./vectors"),
                namespace=embeddings.namespace("document"),
                key_encoder="sha256",
                batch_size=50,
            )

        :meth:`namespace` holds the address that answers: vectors of the emulator, or of a
        stand-in, are never taken for the service's. Do not pass ``query_embedding_cache=True``:
        queries would be given documents' vectors. A store of their own is right.

    Errors are both :class:`~iflytek_spark.SparkError` and LangChain's own ``Model…Error``; a
    text never becomes None or a vector of zeros. One object may be shared by threads and event
    loops, and all of them keep to one rate limit.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, defer_build=False)

    model: str = "spark-embedding"
    """``spark-embedding``, which is the signed service; ``xop3qwen8bembedding`` or another model
    on a MaaS host; or the id of a service of yours there."""
    dimensions: int | None = None
    """Numbers in a vector, where the model has several; the model's own by default."""
    batch_size: int | None = Field(default=None, ge=1)
    """Texts in a request: 1 of the signed service, 50 of the others by default; it shrinks when
    the service refuses so many."""
    max_qps: float | None = Field(default=2.0, gt=0)
    """Requests in a second, or None for no limit; all objects of one app share it."""
    max_concurrency: int = Field(default=4, ge=1)
    """Requests that may wait for an answer at once."""
    too_long: TooLong = "split"
    """Whether a text above the model's limit (the signed service: 2,048 tokens) is cut into
    pieces, whose vectors are averaged, or refused."""
    show_progress: bool = False
    """Whether a progress bar is shown while documents are embedded; it needs tqdm."""

    def embed_documents(self, texts: list[str]) -> list[Vector]:
        """Turn documents into vectors.

        Args:
            texts: the documents' texts, none of them empty.

        Returns:
            A vector for each, in the same order.

        Raises:
            SparkError: when one of them has failed for good.
        """
        with model_errors(), self._progress(len(texts)) as progress:
            return self._sync_client().embed(texts, **self._options("document", progress))

    def embed_query(self, text: str) -> Vector:
        """Turn a query into a vector.

        Args:
            text: the query.

        Returns:
            Its vector.

        Raises:
            SparkError: when it has failed for good.
        """
        with model_errors():
            (vector,) = self._sync_client().embed([text], **self._options("query"))
        return vector

    async def aembed_documents(self, texts: list[str]) -> list[Vector]:
        """Turn documents into vectors; see :meth:`embed_documents`."""
        with model_errors(), self._progress(len(texts)) as progress:
            client = self._async_client()
            return await client.embed(texts, **self._options("document", progress))

    async def aembed_query(self, text: str) -> Vector:
        """Turn a query into a vector; see :meth:`embed_query`."""
        with model_errors():
            client = self._async_client()
            (vector,) = await client.embed([text], **self._options("query"))
        return vector

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
        return vector_namespace(self._resolved_endpoint(), kind, self.model, self.dimensions)

    def _resolve(self) -> None:
        super()._resolve()
        with model_errors():
            self.namespace()  # knows which models and dimensions there are

    @property
    def _asked(self) -> Service:
        with model_errors():
            return vector_service(self.model)

    def _options(self, kind: EmbeddingKind, progress: Progress | None = None) -> EmbedOptions:
        return {
            "model": self.model,
            "dimensions": self.dimensions,
            "batch_size": self.batch_size,
            "kind": kind,
            "max_qps": self.max_qps,
            "max_concurrency": self.max_concurrency,
            "too_long": self.too_long,
            "on_progress": progress,
        }

    @contextmanager
    def _progress(self, total: int) -> Iterator[Progress | None]:
        if not self.show_progress:
            yield None
            return
        try:
            tqdm = importlib.import_module("tqdm.auto").tqdm
        except ImportError as error:
            raise ConfigurationError("show_progress needs tqdm", hint="pip install tqdm") from error
        with tqdm(total=total, desc="Spark embeddings", unit="text") as bar:
            yield lambda done, _: bar.update(done - bar.n)
