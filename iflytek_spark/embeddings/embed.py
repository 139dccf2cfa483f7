"""Vectors of many texts (PROTOCOL.md §8, §9), for both clients: checked, paced, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from iflytek_spark.assumptions import MAX_MESSAGE_BYTES
from iflytek_spark.embeddings.batches import BatchLimit, batch_flow
from iflytek_spark.embeddings.jobs import Job, arun_job, check_count, run_job
from iflytek_spark.embeddings.pace import paced
from iflytek_spark.embeddings.split import embedding_flow
from iflytek_spark.embeddings.texts import check_texts
from iflytek_spark.errors import ContextLengthError, InvalidRequestError, ProtocolError
from iflytek_spark.models.services import EmbeddingKind, Progress, TooLong, Vector
from iflytek_spark.models.vector_models import VectorModel, find_vector_model
from iflytek_spark.protocol.call import CallContext, call_flow
from iflytek_spark.protocol.dialects.maas_post import MaasEmbedding, TextsToEmbed
from iflytek_spark.protocol.dialects.signed_post import Embedding, TextToEmbed
from iflytek_spark.protocol.exchange import SingleExchange
from iflytek_spark.protocol.steps import Flow
from iflytek_spark.protocol.wire.embedding import DOMAINS
from iflytek_spark.protocol.wire.openai.vectors_client import Indexed
from iflytek_spark.requests.tokens import estimate_tokens
from iflytek_spark.transports.base import ConnectionOptions

_BYTES_A_NUMBER = 24
"""At most, of a number that is written out."""


@dataclass(frozen=True, slots=True)
class CheckedOptions:
    """:class:`~iflytek_spark.models.services.EmbedOptions`, checked and complete."""

    model: str | None = None
    dimensions: int | None = None
    batch_size: int | None = None
    kind: EmbeddingKind = "document"
    max_qps: float | None = 2.0
    max_concurrency: int = 4
    too_long: TooLong = "split"
    on_progress: Progress | None = None

    def __post_init__(self) -> None:
        """Refuse an option that has no meaning."""
        if self.kind not in DOMAINS:
            raise InvalidRequestError(f"kind is {self.kind!r}, not document or query")
        if self.too_long not in get_args(TooLong):
            raise InvalidRequestError(f"too_long is {self.too_long!r}, not split or error")
        check_count("max_concurrency", self.max_concurrency)
        self.row.resolve_dimensions(self.dimensions)
        check_count("batch_size", self.wanted_size)
        if self.row.signed and self.wanted_size > 1:
            raise InvalidRequestError(
                f"batch_size is {self.batch_size}, and {self.row.name} takes one text in a request",
                hint="leave batch_size out, or name a model on a MaaS host",
                param="batch_size",
            )

    @property
    def row(self) -> VectorModel:
        """The model."""
        return find_vector_model(self.model)

    @property
    def wanted_size(self) -> int:
        """Texts in a request, as the caller or the model's row says it."""
        return self.row.batch_size if self.batch_size is None else self.batch_size


class _Calls:
    """Starts the calls for the texts of one job."""

    def __init__(self, context: CallContext, options: CheckedOptions) -> None:
        self._options = options
        self._row = row = options.row
        self._dimensions = row.resolve_dimensions(options.dimensions)
        self._context = paced(context, options.max_qps, maas=not row.signed)
        most = max(MAX_MESSAGE_BYTES // (_BYTES_A_NUMBER * (self._dimensions or 1)), 1)
        self.limit = BatchLimit(context.url, row.name, min(options.wanted_size, most))
        self._length = self._dimensions

    def flow(self, texts: Sequence[str]) -> Flow[list[Vector]]:
        """Return the way from a batch of texts to their vectors."""
        return batch_flow(texts, self._ask, self.limit)

    def _ask(self, texts: Sequence[str]) -> Flow[list[Vector]]:
        if len(texts) > 1:
            return (yield from self._many(texts))
        options, most = self._options, self._row.max_tokens
        return [(yield from embedding_flow(texts[0], self._one, options.too_long, most))]

    def _one(self, text: str) -> Flow[Vector]:
        if not self._row.signed:
            return (yield from self._many([text]))[0]
        asked = TextToEmbed(text, self._options.kind)
        call: Flow[Vector] = call_flow(self._context, SingleExchange(Embedding(), asked))
        return (yield from call)

    def _many(self, texts: Sequence[str]) -> Flow[list[Vector]]:
        asked = TextsToEmbed(self._row.name, tuple(texts), self._dimensions)
        exchange = SingleExchange(MaasEmbedding(), asked)
        call: Flow[Indexed[Vector]] = call_flow(self._context, exchange)
        found = yield from call
        vectors = found.in_order(len(texts))
        self._check_lengths(vectors, found.sid)
        return vectors

    def _check_lengths(self, vectors: Sequence[Vector], sid: str) -> None:
        """Refuse vectors of another length than was asked for, or than those before them."""
        self._length = self._length or len(vectors[0])
        for vector in vectors:
            if len(vector) != self._length:
                raise ProtocolError(
                    f"Spark sent a vector of {len(vector)} numbers instead of {self._length}",
                    sid=sid or None,
                    hint="vectors of several lengths cannot be compared: see model and dimensions",
                )


def _job(
    context: CallContext, route: ConnectionOptions, texts: Sequence[str], options: CheckedOptions
) -> Job[Vector]:
    check_texts("texts", texts)
    most = options.row.max_tokens
    if options.too_long == "error" and most is not None:
        _check_lengths(texts, most)
    calls = _Calls(context, options)
    return Job(
        route,
        texts,
        calls.flow,
        batch_size=calls.limit.size,
        max_concurrency=options.max_concurrency,
        on_progress=options.on_progress,
    )


def _check_lengths(texts: Sequence[str], most: int) -> None:
    """Refuse a text that is too long by our own estimate."""
    for index, text in enumerate(texts):
        if estimate_tokens(text) > most:
            raise ContextLengthError(
                f"texts[{index}] has about {estimate_tokens(text)} tokens, and Spark takes "
                f"{most} at once",
                hint='cut it into smaller chunks, or pass too_long="split"',
            )


def embed(
    context: CallContext, route: ConnectionOptions, texts: Sequence[str], options: CheckedOptions
) -> list[Vector]:
    """Find the vectors; see :meth:`iflytek_spark.SparkClient.embed`."""
    return run_job(_job(context, route, texts, options))


async def aembed(
    context: CallContext, route: ConnectionOptions, texts: Sequence[str], options: CheckedOptions
) -> list[Vector]:
    """Find the vectors; see :meth:`iflytek_spark.SparkClient.embed`."""
    return await arun_job(_job(context, route, texts, options))
