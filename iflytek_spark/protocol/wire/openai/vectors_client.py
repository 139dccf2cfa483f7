"""Embeddings and ranks over HTTP, dialect B's: the client's half (PROTOCOL-HTTP.md §8)."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar

from iflytek_spark.errors import ProtocolError
from iflytek_spark.models.services import Vector
from iflytek_spark.protocol.deviations import Deviation, Deviations, Seen
from iflytek_spark.protocol.wire.lenient import number_in, objects_of, parse, read_base64, text_of
from iflytek_spark.protocol.wire.openai.error_reader import find_error
from iflytek_spark.protocol.wire.openai.vectors import EmbeddingsBody, RerankBody

T = TypeVar("T")
_FLOAT32 = 4


class Indexed(NamedTuple, Generic[T]):
    """Values of an answer, each with the index of the text it belongs to, in any order.

    Attributes:
        sid: the answer's id.
        values: the indices, None for one that is missing, and the values.
    """

    sid: str
    values: tuple[tuple[int | None, T], ...]

    def in_order(self, count: int) -> list[T]:
        """Return the values in the order of the texts.

        The index alone says to which text a value belongs; it may be missing for a single text.

        Args:
            count: how many texts there were.

        Raises:
            ProtocolError: when a text has no value or several, or an index is none.
        """
        placed: dict[int, T] = {}
        for index, value in self.values:
            at = 0 if index is None and count == len(self.values) == 1 else index
            if at is None or not 0 <= at < count:
                raise self._wrong(f"a result whose index is {index!r}", count)
            if at in placed:
                raise self._wrong(f"two results with the index {at}", count)
            placed[at] = value
        if len(placed) < count:
            raise self._wrong(f"{len(placed)} results", count)
        return [placed[index] for index in range(count)]

    def _wrong(self, what: str, count: int) -> ProtocolError:
        return ProtocolError(f"Spark sent {what} for {count} texts", sid=self.sid or None)


def encode_embeddings_request(model: str, texts: Sequence[str], dimensions: int | None) -> str:
    """Write the body that asks for the vectors of texts."""
    body: EmbeddingsBody = {"model": model, "input": list(texts), "encoding_format": "float"}
    if dimensions is not None:
        body["dimensions"] = dimensions
    return json.dumps(body, ensure_ascii=False)


def encode_rerank_request(model: str, query: str, documents: Sequence[str]) -> str:
    """Write the body that asks for ranks, of all documents: ``top_n`` has no sure effect."""
    body: RerankBody = {"model": model, "query": query, "documents": list(documents)}
    return json.dumps(body, ensure_ascii=False)


def decode_embeddings(data: str | bytes, noted: Deviations) -> Indexed[Vector]:
    """Read vectors, written as numbers or as base64 of little-endian float32.

    Raises:
        APIError: for an error of the service, whatever the HTTP status was.
        ProtocolError: for a vector that is zero or no numbers.
    """
    body, sid = _answer(data, noted)
    items = objects_of(body, "data", noted)
    return Indexed(sid, tuple((_index(item, noted), _vector(item, sid, noted)) for item in items))


def decode_ranks(data: str | bytes, noted: Deviations) -> Indexed[float]:
    """Read scores.

    Raises:
        APIError: for an error of the service, whatever the HTTP status was.
        ProtocolError: for a score that is no number.
    """
    body, sid = _answer(data, noted)
    items = objects_of(body, "results", noted)
    return Indexed(sid, tuple((_index(item, noted), _score(item, sid)) for item in items))


def _answer(data: str | bytes, noted: Deviations) -> tuple[Mapping[str, Any], str]:
    seen = Seen()
    body = parse(data, seen)
    found = find_error(body)
    if found is not None:
        raise found.error()
    if not isinstance(body, dict):
        raise ProtocolError("Spark sent an answer that is no JSON object")
    noted.update(seen)
    return body, text_of(body, "id", Seen())


def _index(item: Mapping[str, Any], noted: Deviations) -> int | None:
    index = number_in(item.get("index"), noted)
    if index is None:
        noted.add(Deviation.INDEX_UNUSUAL)
    return index


def _vector(item: Mapping[str, Any], sid: str, noted: Deviations) -> Vector:
    value = item.get("embedding")
    if isinstance(value, str):
        vector = _unpacked(read_base64(item, "embedding", noted))
    else:
        vector = _floats(value) if isinstance(value, list) else None
    if not vector or not 0 < math.hypot(*vector) < math.inf:
        raise ProtocolError("Spark sent a vector that is zero or no numbers", sid=sid or None)
    return vector


def _unpacked(packed: bytes | None) -> Vector | None:
    if packed is None or len(packed) % _FLOAT32:
        return None
    return list(struct.unpack(f"<{len(packed) // _FLOAT32}f", packed))


def _floats(values: Iterable[object]) -> Vector | None:
    try:
        return [_float(value) for value in values]
    except (TypeError, OverflowError):
        return None


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeError
    return float(value)


def _score(item: Mapping[str, Any], sid: str) -> float:
    score = _floats([item.get("relevance_score")])
    if score is None or not math.isfinite(score[0]):
        raise ProtocolError("Spark sent a rank without a score", sid=sid or None)
    return score[0]
