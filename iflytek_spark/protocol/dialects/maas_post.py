"""Vectors and ranks by models on the MaaS hosts: one request, one answer (PROTOCOL-HTTP.md §8)."""

from __future__ import annotations

from typing import NamedTuple

from iflytek_spark.credentials import Credentials
from iflytek_spark.models.services import Vector
from iflytek_spark.protocol.bearer import MAAS_KEY_HINT, maas_key
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.steps import Opening
from iflytek_spark.protocol.wire.openai.vectors_client import (
    Indexed,
    decode_embeddings,
    decode_ranks,
    encode_embeddings_request,
    encode_rerank_request,
)


class _MaasPost:
    def open(self, url: str, credentials: Credentials, now: float) -> Opening:
        """Send the key along."""
        headers = {
            "Authorization": f"Bearer {maas_key(credentials)}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        return Opening(url, headers, MAAS_KEY_HINT)


class TextsToEmbed(NamedTuple):
    """Texts whose vectors are wanted.

    Attributes:
        model: the model's id.
        texts: one or more.
        dimensions: how many numbers a vector is to have; None leaves it to the service.
    """

    model: str
    texts: tuple[str, ...]
    dimensions: int | None


class MaasEmbedding(_MaasPost):
    """Vectors of texts."""

    def encode(self, request: TextsToEmbed, app_id: str, uid: str) -> str:
        """Write the body that asks for the texts' vectors."""
        return encode_embeddings_request(*request)

    def decode(self, data: str | bytes, noted: Deviations) -> Indexed[Vector]:
        """Read the vectors."""
        return decode_embeddings(data, noted)


class DocumentsToRank(NamedTuple):
    """Documents whose ranks are wanted.

    Attributes:
        model: the model's id.
        query: the question.
        documents: one or more.
    """

    model: str
    query: str
    documents: tuple[str, ...]


class MaasRerank(_MaasPost):
    """Scores of documents."""

    def encode(self, request: DocumentsToRank, app_id: str, uid: str) -> str:
        """Write the body that asks for the documents' scores."""
        return encode_rerank_request(*request)

    def decode(self, data: str | bytes, noted: Deviations) -> Indexed[float]:
        """Read the scores."""
        return decode_ranks(data, noted)
