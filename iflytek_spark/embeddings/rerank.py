"""Ranks of documents (PROTOCOL-HTTP.md §8), for both clients: checked, paced, the best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iflytek_spark.embeddings.batches import BatchLimit, batch_flow
from iflytek_spark.embeddings.jobs import Job, arun_job, check_count, run_job
from iflytek_spark.embeddings.pace import paced
from iflytek_spark.embeddings.texts import check_text, check_texts
from iflytek_spark.models.http_models import RERANK_MODELS
from iflytek_spark.models.services import RankedDocument, Service
from iflytek_spark.models.vector_models import rerank_service
from iflytek_spark.protocol.call import CallContext, call_flow
from iflytek_spark.protocol.dialects.maas_post import DocumentsToRank, MaasRerank
from iflytek_spark.protocol.exchange import SingleExchange
from iflytek_spark.protocol.steps import Flow
from iflytek_spark.protocol.wire.openai.vectors_client import Indexed
from iflytek_spark.transports.base import ConnectionOptions


@dataclass(frozen=True, slots=True)
class CheckedRerank:
    """:class:`~iflytek_spark.models.services.RerankOptions`, checked and complete."""

    model: str = RERANK_MODELS[0]
    top_n: int | None = None
    batch_size: int = 50
    max_qps: float | None = 2.0
    max_concurrency: int = 4

    def __post_init__(self) -> None:
        """Refuse an option that has no meaning."""
        for name in ("batch_size", "max_concurrency"):
            check_count(name, getattr(self, name))
        if self.top_n is not None:
            check_count("top_n", self.top_n)

    @property
    def service(self) -> Service:
        """Where the model is asked."""
        return rerank_service(self.model)


def _job(
    context: CallContext,
    route: ConnectionOptions,
    query: str,
    documents: Sequence[str],
    options: CheckedRerank,
) -> Job[float]:
    check_text("query", query)
    check_texts("documents", documents)
    at_rate = paced(context, options.max_qps, maas=True)
    limit = BatchLimit(context.url, options.model, options.batch_size)

    def ask(part: Sequence[str]) -> Flow[list[float]]:
        asked = DocumentsToRank(options.model, query, tuple(part))
        call: Flow[Indexed[float]] = call_flow(at_rate, SingleExchange(MaasRerank(), asked))
        found = yield from call
        return found.in_order(len(part))

    return Job(
        route,
        documents,
        lambda part: batch_flow(part, ask, limit),
        batch_size=limit.size,
        max_concurrency=options.max_concurrency,
    )


def _ranked(
    documents: Sequence[str], scores: Sequence[float], top_n: int | None
) -> list[RankedDocument]:
    """Put the best first; of equal ones, what came first."""
    ranked = [
        RankedDocument(index, score, document)
        for index, (score, document) in enumerate(zip(scores, documents, strict=True))
    ]
    return sorted(ranked, key=lambda one: -one.score)[:top_n]


def rerank(
    context: CallContext,
    route: ConnectionOptions,
    query: str,
    documents: Sequence[str],
    options: CheckedRerank,
) -> list[RankedDocument]:
    """Rank documents; see :meth:`iflytek_spark.SparkClient.rerank`."""
    scores = run_job(_job(context, route, query, documents, options))
    return _ranked(documents, scores, options.top_n)


async def arerank(
    context: CallContext,
    route: ConnectionOptions,
    query: str,
    documents: Sequence[str],
    options: CheckedRerank,
) -> list[RankedDocument]:
    """Rank documents; see :meth:`iflytek_spark.SparkClient.rerank`."""
    scores = await arun_job(_job(context, route, query, documents, options))
    return _ranked(documents, scores, options.top_n)
