"""Names under which a program keeps what Spark computed: they hold what it depends on."""

from __future__ import annotations

import re

from iflytek_spark.endpoint import Endpoint
from iflytek_spark.models.services import DIMENSIONS, EMBEDDING, EmbeddingKind

EMBEDDING_MODEL = "embedding"
"""Spark has one model of embeddings, without a name of its own."""


def place_of(url: str) -> str:
    """Return the place that an address leads to, in characters that names of files may have.

    Args:
        url: an address, in which no secret stands.
    """
    place = url.partition("://")[2].rstrip("/")
    return re.sub(r"[^A-Za-z0-9._]+", "-", place).strip("-")


def vector_namespace(endpoint: Endpoint, kind: EmbeddingKind) -> str:
    """Name the store of one kind of vectors from one place.

    Vectors of two places cannot be compared: those of an emulator or a stand-in mean something
    else than the service's, and so do those of documents and queries (PROTOCOL.md §8).

    Args:
        endpoint: where texts are sent.
        kind: ``document`` or ``query``.

    Returns:
        For example ``spark-embedding-document-emb-cn-huabei-1.xf-yun.com-2560``; letters, digits,
        dots, underscores and hyphens only.
    """
    place = place_of(endpoint.service_url(EMBEDDING))
    return f"spark-{EMBEDDING_MODEL}-{kind}-{place}-{DIMENSIONS}"
