"""Vectors and ranks over HTTP, dialect B's (PROTOCOL-HTTP.md §8)."""

from __future__ import annotations

from collections.abc import Callable

from iflytek_spark.emulator.http.checks import bad_field
from iflytek_spark.emulator.http.options import HttpOptions
from iflytek_spark.emulator.media.ranking import relevances
from iflytek_spark.emulator.media.vectors import text_vector
from iflytek_spark.models.http_models import (
    DEFAULT_DIMENSIONS,
    EMBEDDING_DIMENSIONS,
    EMBEDDING_MODELS,
    RERANK_MODELS,
)
from iflytek_spark.models.services import Vector
from iflytek_spark.protocol.wire.openai import vectors
from iflytek_spark.protocol.wire.openai.vectors import RankShape
from iflytek_spark.protocol.wire.values import RequestRefusedError
from iflytek_spark.requests.tokens import estimate_tokens

_DIGITS = 8


class Retrieval:
    """Answers requests for vectors and for ranks."""

    def __init__(self, options: HttpOptions, check_right: Callable[[str], None]) -> None:
        """Set up with what checks that the key may use a model."""
        self._options = options
        self._check_right = check_right

    def embeddings(self, data: bytes, sid: str, created: int) -> bytes:
        """Answer with a vector for each text.

        Raises:
            MalformedError: for a body of another form.
            RequestRefusedError: for the first thing that the service would refuse.
        """
        request = vectors.decode_embeddings_request(data)
        self._check_model(request.model, EMBEDDING_MODELS)
        self._check_texts("input", request.texts)
        dimensions = request.dimensions or DEFAULT_DIMENSIONS
        if dimensions not in EMBEDDING_DIMENSIONS:
            raise bad_field(
                f"dimensions must be one of {', '.join(map(str, EMBEDDING_DIMENSIONS))}"
            )
        found = [(index, _vector(text, dimensions)) for index, text in enumerate(request.texts)]
        if self._options.shuffled:
            found = [*found[1::2], *found[::2]]
        tokens = sum(map(estimate_tokens, request.texts))
        return vectors.encode_embeddings(sid, created, request.model, found, tokens)

    def ranks(self, data: bytes, sid: str, created: int) -> bytes:
        """Answer with the ranks of all documents; ``top_n`` has no effect.

        Raises:
            MalformedError: for a body of another form.
            RequestRefusedError: for the first thing that the service would refuse.
        """
        request = vectors.decode_rerank_request(data)
        self._check_model(request.model, RERANK_MODELS)
        self._check_texts("query", (request.query,))
        self._check_texts("documents", request.documents)
        scores = relevances(request.query, request.documents)
        order = sorted(range(len(scores)), key=lambda index: -scores[index])
        ranks = [self._rank(index, scores[index], request.documents[index]) for index in order]
        tokens = sum(map(estimate_tokens, (request.query, *request.documents)))
        return vectors.encode_ranks(sid, created, request.model, ranks, tokens)

    def _check_model(self, model: str, served: tuple[str, ...]) -> None:
        if model not in served:
            raise RequestRefusedError(10404, "", "no category route found")
        self._check_right(model)

    def _check_texts(self, name: str, texts: tuple[str, ...]) -> None:
        most = self._options.max_texts
        if most is not None and len(texts) > most:
            raise bad_field(f"{name} holds {len(texts)} texts, at most {most} are allowed")
        for index, text in enumerate(texts):
            if not text.strip():
                raise bad_field(f"{name}[{index}] is empty")

    def _rank(self, index: int, score: float, document: str) -> RankShape:
        rank: RankShape = {"index": index, "relevance_score": round(score, _DIGITS)}
        return {"document": {"text": document}, **rank} if self._options.with_documents else rank


def _vector(text: str, dimensions: int) -> Vector:
    return [round(number, _DIGITS) for number in text_vector(text, dimensions=dimensions)]
