"""The models of vectors and of ranks: one row each (PROTOCOL.md §8, §9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from iflytek_spark.errors import InvalidRequestError, UnknownModelError
from iflytek_spark.models.catalogue import MODELS
from iflytek_spark.models.http_models import (
    DEFAULT_DIMENSIONS,
    EMBEDDING_DIMENSIONS,
    EMBEDDING_MODELS,
    RERANK_MODELS,
)
from iflytek_spark.models.services import (
    DIMENSIONS,
    EMBEDDING,
    MAAS_EMBEDDING,
    MAAS_RERANK,
    MAX_TOKENS,
    Service,
)


@dataclass(frozen=True, slots=True)
class VectorModel:
    """A model of vectors.

    Attributes:
        name: its name.
        service: where it is asked.
        signed: whether it is the signed service, which takes one text in a request, has two kinds
            of vectors and always as many numbers.
        dimensions: the numbers that a vector may have; empty where that is not known.
        default_dimensions: how many are asked for when nothing is said, or None to leave it to
            the service.
        batch_size: texts in a request, unless something else is said.
        max_tokens: what a text may have, or None where that is not known.
    """

    name: str
    service: Service
    signed: bool = False
    dimensions: tuple[int, ...] = ()
    default_dimensions: int | None = None
    batch_size: int = 50
    max_tokens: int | None = None

    def resolve_dimensions(self, dimensions: int | None) -> int | None:
        """Return how many numbers a vector is to have; None where only the service knows.

        Raises:
            InvalidRequestError: for a number that this model does not make.
        """
        if dimensions is None:
            return self.default_dimensions
        whole = isinstance(dimensions, int) and not isinstance(dimensions, bool)
        if not whole or dimensions < 1 or (self.dimensions and dimensions not in self.dimensions):
            known = ", ".join(map(str, self.dimensions)) or "whole numbers above 0"
            raise InvalidRequestError(
                f"dimensions is {dimensions!r}, and {self.name} makes {known}", param="dimensions"
            )
        return dimensions


SIGNED_EMBEDDING = VectorModel(
    name="spark-embedding",
    service=EMBEDDING,
    signed=True,
    dimensions=(DIMENSIONS,),
    default_dimensions=DIMENSIONS,
    batch_size=1,
    max_tokens=MAX_TOKENS,
)
"""Spark's own vectors."""

_HOSTED = VectorModel(name="", service=MAAS_EMBEDDING)
_QWEN_8B = replace(
    _HOSTED,
    name=EMBEDDING_MODELS[0],
    dimensions=EMBEDDING_DIMENSIONS,
    default_dimensions=DEFAULT_DIMENSIONS,
)

VECTOR_MODELS: tuple[VectorModel, ...] = (
    SIGNED_EMBEDDING,
    _QWEN_8B,
    *(replace(_HOSTED, name=name) for name in EMBEDDING_MODELS[1:]),
)
"""The signed service, then what the vendor hosts."""

EMBEDDING_SERVICES: Mapping[str, Service] = {row.name: row.service for row in VECTOR_MODELS}
"""The models of vectors that have a name, and where each is asked."""

RERANK_SERVICES: Mapping[str, Service] = dict.fromkeys(RERANK_MODELS, MAAS_RERANK)
"""The models of ranks that have a name, and where each is asked."""


def find_vector_model(name: str | None = None) -> VectorModel:
    """Find a model of vectors.

    Args:
        name: its name; the signed service by default. What is no name of ours is taken for the id
            of a service of yours on a MaaS host, for instance ``sde0a5839``.

    Raises:
        UnknownModelError: for a model that makes no vectors, and for what is no id.
    """
    if name is None:
        return SIGNED_EMBEDDING
    found = next((row for row in VECTOR_MODELS if row.name == name), None)
    if found is None:
        check_id(name, "vectors", [row.name for row in VECTOR_MODELS], RERANK_MODELS)
    return found or replace(_HOSTED, name=name)


def rerank_service(name: str) -> Service:
    """Return where a model of ranks is asked; see :func:`find_vector_model` for names.

    Raises:
        UnknownModelError: for a model that makes no ranks, and for what is no id.
    """
    if name not in RERANK_MODELS:
        check_id(name, "ranks", RERANK_MODELS, [row.name for row in VECTOR_MODELS])
    return MAAS_RERANK


def check_id(name: object, makes: str, right: Sequence[str], others: Sequence[str]) -> None:
    """Refuse the name of a model that makes something else, and what is no id of a service.

    Args:
        name: the name.
        makes: what is wanted.
        right: the names of models that make it.
        others: further names of models that do not.

    Raises:
        UnknownModelError: for such a name.
    """
    chats = {known for row in MODELS for known in (row.name, *row.aliases)}
    usable = isinstance(name, str) and name.isascii() and name.isprintable() and name.strip()
    if not usable or name in chats or name in others:
        names = ", ".join(right)
        raise UnknownModelError(
            f"model {name!r} makes no {makes}",
            hint=f"these do: {names}; and services of yours on a MaaS host, by their ids",
        )
