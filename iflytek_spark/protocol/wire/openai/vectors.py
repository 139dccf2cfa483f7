"""Embeddings and ranks of dialect B: the shapes, and the service's half (PROTOCOL-HTTP.md §8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple, Required

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from iflytek_spark.models.services import Vector
from iflytek_spark.protocol.wire.openai.requests import read_body
from iflytek_spark.protocol.wire.openai.service_values import written


class VectorUsageShape(TypedDict, total=False):
    """Token counts; an older record has none of them."""

    prompt_tokens: int
    total_tokens: int
    completion_tokens: int


class EmbeddingShape(TypedDict, total=False):
    """One vector."""

    object: str
    index: Required[int]
    embedding: Required[list[float]]


class EmbeddingsShape(TypedDict, total=False):
    """The vectors of a request; nothing says that they stand in the order of their texts."""

    object: str
    data: Required[list[EmbeddingShape]]
    id: str
    created: int
    model: str
    usage: VectorUsageShape


class RankedDocumentShape(TypedDict, total=False):
    """A document, repeated."""

    text: str


class RankShape(TypedDict, total=False):
    """The rank of one document; the older record has no document."""

    index: Required[int]
    relevance_score: Required[float]
    document: RankedDocumentShape


class RanksShape(TypedDict, total=False):
    """The ranks of a request, the best first."""

    results: Required[list[RankShape]]
    id: str
    created: int
    model: str
    usage: VectorUsageShape


class EmbeddingsRequest(NamedTuple):
    """A request for vectors: its form is right, its values are unchecked."""

    model: str
    texts: tuple[str, ...]
    dimensions: int | None


class RerankRequest(NamedTuple):
    """A request for ranks: its form is right, its values are unchecked."""

    model: str
    query: str
    documents: tuple[str, ...]


class EmbeddingsBody(TypedDict, total=False):
    """What asks for vectors."""

    model: Required[str]
    input: Required[str | Annotated[list[str], Field(min_length=1)]]
    dimensions: int | None
    encoding_format: str | None


class RerankBody(TypedDict, total=False):
    """What asks for ranks."""

    model: Required[str]
    query: Required[str]
    documents: Required[Annotated[list[str], Field(min_length=1)]]
    top_n: int | None


_EMBEDDINGS: TypeAdapter[EmbeddingsBody] = TypeAdapter(EmbeddingsBody)
_RERANK: TypeAdapter[RerankBody] = TypeAdapter(RerankBody)


def decode_embeddings_request(data: bytes) -> EmbeddingsRequest:
    """Read a request for vectors, as the service does.

    Raises:
        MalformedError: when it has another form; token ids are one.
    """
    body: dict[str, Any] = read_body(_EMBEDDINGS, data)
    texts = (body["input"],) if isinstance(body["input"], str) else tuple(body["input"])
    return EmbeddingsRequest(body["model"], texts, body.get("dimensions"))


def decode_rerank_request(data: bytes) -> RerankRequest:
    """Read a request for ranks, as the service does.

    Raises:
        MalformedError: when it has another form.
    """
    body: dict[str, Any] = read_body(_RERANK, data)
    return RerankRequest(body["model"], body["query"], tuple(body["documents"]))


def encode_embeddings(
    sid: str, created: int, model: str, vectors: Sequence[tuple[int, Vector]], tokens: int
) -> bytes:
    """Write vectors, each with the index of its text, in the order given."""
    data: list[EmbeddingShape] = [
        {"embedding": vector, "index": index, "object": "embedding"} for index, vector in vectors
    ]
    body: EmbeddingsShape = {
        "created": created,
        "data": data,
        "id": sid,
        "model": model,
        "object": "list",
        "usage": _usage(tokens),
    }
    return written(body)


def encode_ranks(
    sid: str, created: int, model: str, ranks: Sequence[RankShape], tokens: int
) -> bytes:
    """Write ranks in the order given, which is the best first."""
    body: RanksShape = {
        "created": created,
        "id": sid,
        "model": model,
        "results": list(ranks),
        "usage": _usage(tokens),
    }
    return written(body)


def _usage(tokens: int) -> VectorUsageShape:
    return {"completion_tokens": 0, "prompt_tokens": tokens, "total_tokens": tokens}
