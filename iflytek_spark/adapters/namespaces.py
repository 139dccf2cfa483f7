"""Names under which a program keeps what Spark computed: they hold what it depends on."""

from __future__ import annotations

import re

from iflytek_spark.endpoint import Endpoint
from iflytek_spark.models.services import EmbeddingKind, Service
from iflytek_spark.models.vector_models import find_vector_model, rerank_service

_UNSAFE = re.compile(r"[^A-Za-z0-9._]+")


def place_of(url: str) -> str:
    """Return the place that an address leads to, in characters that names of files may have.

    Args:
        url: an address, in which no secret stands.
    """
    place = url.partition("://")[2].rstrip("/")
    return _UNSAFE.sub("-", place).strip("-")


def vector_namespace(
    endpoint: Endpoint,
    kind: EmbeddingKind,
    model: str | None = None,
    dimensions: int | None = None,
) -> str:
    """Name the store of one kind of vectors from one place.

    Vectors of two models, places or dimensions cannot be compared: those of an emulator or a
    stand-in mean something else than the service's, and so do those of documents and queries
    (PROTOCOL.md §8).

    Args:
        endpoint: where texts are sent.
        kind: ``document`` or ``query``.
        model: which model makes them; the signed service by default.
        dimensions: how many numbers they have; the model's own by default.

    Returns:
        For example ``spark-embedding-document-emb-cn-huabei-1.xf-yun.com-2560``, or
        ``xop3qwen8bembedding-document-maas-api.cn-huabei-1.xf-yun.com-v2-embeddings-768``;
        letters, digits, dots, underscores and hyphens only.

    Raises:
        UnknownModelError: for a model that makes no vectors.
        InvalidRequestError: for dimensions that the model does not make.
    """
    row = find_vector_model(model)
    name = _UNSAFE.sub("-", row.name)
    place = place_of(endpoint.service_url(row.service))
    return f"{name}-{kind}-{place}-{row.resolve_dimensions(dimensions) or 'default'}"


def rerank_address(endpoint: Endpoint, model: str) -> str:
    """Name the model of ranks and the place that answers, as :func:`vector_namespace` does.

    Args:
        endpoint: where documents are sent.
        model: which model ranks them.

    Raises:
        UnknownModelError: for a model that makes no ranks.
    """
    place = place_of(endpoint.service_url(rerank_service(model)))
    return f"{_UNSAFE.sub('-', model)}-{place}"


def vector_service(model: str | None = None) -> Service:
    """Return the service that makes a model's vectors.

    Args:
        model: which model; the signed service by default.

    Raises:
        UnknownModelError: for a model that makes no vectors.
    """
    return find_vector_model(model).service


def usual_batch_size(model: str) -> int | None:
    """Return how many texts a model of vectors gets in a request by default.

    Args:
        model: the model.

    Returns:
        A number, or None for the signed service, which takes one text in a request.
    """
    row = find_vector_model(model)
    return None if row.signed else row.batch_size
