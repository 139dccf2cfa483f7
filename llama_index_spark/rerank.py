"""SparkRerank: nodes sorted by a model on iFlytek's MaaS hosts, for LlamaIndex."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llama_index.core.callbacks import CBEventType, EventPayload
from llama_index.core.instrumentation.events.rerank import ReRankEndEvent, ReRankStartEvent
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle
from llama_index_instrumentation import get_dispatcher
from pydantic import ConfigDict, Field

from iflytek_spark import RankedDocument, RerankOptions
from iflytek_spark.adapters import Service, rerank_address, rerank_service
from iflytek_spark.errors import InvalidRequestError
from llama_index_spark._settings import Connection

_dispatcher = get_dispatcher(__name__)


class SparkRerank(Connection, BaseNodePostprocessor):
    """Sorts what a retriever found by how well it answers the question, and keeps the best.

    It needs the key of a MaaS service or plan, ``SPARK_MAAS_API_KEY``. A node is read as embedding
    models read it, with its metadata. The nodes that come back have the new score; those that were
    given are left as they are.

    Examples:
        `pip install "iflytek-spark[llama-index]"`

        ```python
        from llama_index_spark import SparkRerank

        engine = index.as_query_engine(
            similarity_top_k=20, node_postprocessors=[SparkRerank(top_n=3)]
        )
        ```
    """

    model: str = Field(
        default="xop3qwen8breranker",
        description="The model, or the id of a service of yours on a MaaS host.",
    )
    top_n: int | None = Field(default=3, description="Nodes that are kept, or None for all.", ge=1)
    batch_size: int = Field(
        default=50,
        description="Nodes in a request; it shrinks when the service refuses so many.",
        ge=1,
    )
    max_qps: float | None = Field(
        default=2.0,
        description="Requests in a second, or None for no limit; all objects with one key share "
        "it.",
        gt=0,
    )
    max_concurrency: int = Field(
        default=4, description="Requests that may wait for an answer at once.", ge=1
    )

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    @classmethod
    def class_name(cls) -> str:
        """The name by which LlamaIndex writes the class down."""
        return "SparkRerank"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        with self._reported(nodes, query_bundle) as (query, kept):
            ranked = self._sync_client().rerank(query, _texts(nodes), **self._options())
            kept.extend(_nodes(nodes, ranked))
        return kept

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        with self._reported(nodes, query_bundle) as (query, kept):
            client = self._async_client()
            ranked = await client.rerank(query, _texts(nodes), **self._options())
            kept.extend(_nodes(nodes, ranked))
        return kept

    def _resolve(self) -> None:
        super()._resolve()
        self._address()  # knows which models there are

    @property
    def _asked(self) -> Service:
        return rerank_service(self.model)

    def _address(self) -> str:
        return rerank_address(self._resolved_endpoint(), self.model)

    def _options(self) -> RerankOptions:
        return {
            "model": self.model,
            "top_n": self.top_n,
            "batch_size": self.batch_size,
            "max_qps": self.max_qps,
            "max_concurrency": self.max_concurrency,
        }

    @contextmanager
    def _reported(
        self, nodes: list[NodeWithScore], query: QueryBundle | None
    ) -> Iterator[tuple[str, list[NodeWithScore]]]:
        """Report a run to callbacks and events; the list is filled with the nodes that are kept."""
        if query is None:
            raise InvalidRequestError("there is no query to rank nodes by", hint="pass query_str")
        kept: list[NodeWithScore] = []
        top_n = len(nodes) if self.top_n is None else self.top_n
        _dispatcher.event(
            ReRankStartEvent(query=query, nodes=nodes, top_n=top_n, model_name=self.model)
        )
        payload: dict[str, Any] = {
            EventPayload.NODES: nodes,
            EventPayload.MODEL_NAME: self.model,
            EventPayload.QUERY_STR: query.query_str,
            EventPayload.TOP_K: top_n,
        }
        with self.callback_manager.event(CBEventType.RERANKING, payload=payload) as event:
            yield query.query_str, kept
            event.on_end(payload={EventPayload.NODES: kept})
        _dispatcher.event(ReRankEndEvent(nodes=kept))


def _texts(nodes: Sequence[NodeWithScore]) -> list[str]:
    return [one.node.get_content(metadata_mode=MetadataMode.EMBED) for one in nodes]


def _nodes(nodes: Sequence[NodeWithScore], ranked: Sequence[RankedDocument]) -> list[NodeWithScore]:
    return [NodeWithScore(node=nodes[one.index].node, score=one.score) for one in ranked]
