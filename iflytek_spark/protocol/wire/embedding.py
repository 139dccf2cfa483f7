"""The bodies of the embedding service, both halves (PROTOCOL.md §8).

This is the only place that knows the service's JSON keys.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Required

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from iflytek_spark.errors import ProtocolError
from iflytek_spark.models.services import DIMENSIONS, EmbeddingKind, Vector
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.wire.envelope import (
    RequestHeader,
    read_payload,
    read_request,
    write_answer,
    write_request,
)
from iflytek_spark.protocol.wire.lenient import note_unknown, object_of, read_base64
from iflytek_spark.protocol.wire.values import RequestRefusedError

DOMAINS: Mapping[EmbeddingKind, str] = {"document": "para", "query": "query"}
"""The two kinds of text on the wire."""

_WHOLE = 3
"""The ``status`` of a request that comes in one piece."""
_VECTOR = struct.Struct(f"<{DIMENSIONS}f")


_PAYLOAD_KEYS = frozenset(("feature",))
_FEATURE_KEYS = frozenset(("encoding", "compress", "format", "seq", "status", "text"))


def encode_embedding(text: str, kind: EmbeddingKind, app_id: str, uid: str) -> bytes:
    """Write the JSON body that asks for one text's vector."""
    form = {"encoding": "utf8", "compress": "raw"}
    parameter = {"emb": {"domain": DOMAINS[kind], "feature": {**form, "format": "plain"}}}
    turns = json.dumps({"messages": [{"content": text, "role": "user"}]}, ensure_ascii=False)
    packed = base64.b64encode(turns.encode()).decode()
    payload = {"messages": {**form, "format": "json", "status": _WHOLE, "text": packed}}
    return write_request(app_id, uid, parameter, payload, status=_WHOLE)


def decode_embedding(data: bytes | str, noted: Deviations | None = None) -> Vector:
    """Read the vector in the body of an answer.

    Args:
        data: the body.
        noted: where deviations are noted.

    Raises:
        APIError: for an error of the service.
        ProtocolError: when there is no vector, or one that is too short, zero or no number:
            such a vector would be found by no search, or by every one.
    """
    noted = noted or Deviations()
    sid, payload = read_payload(data, noted)
    note_unknown(payload, _PAYLOAD_KEYS, noted)
    feature = object_of(payload, "feature", noted)
    note_unknown(feature, _FEATURE_KEYS, noted)
    packed = read_base64(feature, "text", noted)
    if packed is None:
        raise ProtocolError("Spark sent a vector that is not base64", sid=sid)
    if len(packed) < _VECTOR.size or len(packed) % 4:
        raise ProtocolError(
            f"Spark sent a vector of {len(packed)} bytes instead of {_VECTOR.size}", sid=sid
        )
    vector = list(_VECTOR.unpack_from(packed))  # cut as other clients cut it (§8)
    if not 0 < sum(number * number for number in vector) < float("inf"):
        raise ProtocolError("Spark sent a vector that is zero or no number", sid=sid)
    return vector


class EmbeddingRequest(NamedTuple):
    """A request as it stands on the wire: its form is right, its values are unchecked.

    Attributes:
        app_id: the app's id.
        uid: the user's id, or an empty string.
        domain: ``query`` or ``para``, or whatever the client sent.
        text: the text.
    """

    app_id: str
    uid: str
    domain: str
    text: str


class _Header(RequestHeader, total=False):
    status: Literal[3]


class _Emb(TypedDict, total=False):
    domain: Required[str]
    feature: dict[str, Any]


class _Parameter(TypedDict):
    emb: _Emb


class _Messages(TypedDict, total=False):
    text: Required[str]
    status: Literal[3]


class _Payload(TypedDict):
    messages: _Messages


class _Request(TypedDict):
    header: _Header
    parameter: _Parameter
    payload: _Payload


class _Turn(TypedDict):
    content: str
    role: str


class _Turns(TypedDict):
    messages: Annotated[list[_Turn], Field(min_length=1, max_length=1)]  # one a call (§8)


_REQUEST: TypeAdapter[_Request] = TypeAdapter(_Request)
_TURNS: TypeAdapter[_Turns] = TypeAdapter(_Turns)


def decode_embedding_request(data: bytes) -> EmbeddingRequest:
    """Read the body of a request, as the service does.

    Raises:
        RequestRefusedError: when it has another form.
    """
    request = read_request(_REQUEST, data)
    header = request["header"]
    try:
        packed = base64.b64decode(request["payload"]["messages"]["text"], validate=True)
    except ValueError as error:
        raise RequestRefusedError(10003, "ClientMsgError", "invalid base64") from error
    (turn,) = read_request(_TURNS, packed)["messages"]
    return EmbeddingRequest(
        app_id=header["app_id"],
        uid=header.get("uid", ""),
        domain=request["parameter"]["emb"]["domain"],
        text=turn["content"],
    )


def encode_embedding_answer(sid: str, vector: Sequence[float]) -> bytes:
    """Write the JSON body of an answer, as the service does."""
    packed = base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    form = {"encoding": "utf8", "compress": "raw", "format": "plain", "seq": "0", "status": "2"}
    return write_answer(sid, "success", {"feature": {**form, "text": packed}})
