"""What all bodies have in common: a header around a payload, JSON of a form.

The keys inside the payloads stand in ``chat_client``, ``chat_server``, ``embedding`` and ``image``
(PROTOCOL.md §2, §7, §8).
"""

from __future__ import annotations

import json
from typing import Any, Required, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from typing_extensions import TypedDict

from iflytek_spark.errors import APIError, ProtocolError
from iflytek_spark.protocol.wire.error_codes import api_error
from iflytek_spark.protocol.wire.values import RequestRefusedError

_T = TypeVar("_T")


class RequestHeader(TypedDict, total=False):
    """The header of a request."""

    app_id: Required[str]
    uid: str


class _AnswerHeader(TypedDict, total=False):
    code: Required[int]
    message: str
    sid: str


class _Answer(TypedDict, total=False):
    header: Required[_AnswerHeader]
    payload: Any


_ANSWER: TypeAdapter[_Answer] = TypeAdapter(_Answer)


def read_answer(payload: TypeAdapter[_T], data: bytes | str) -> tuple[str, _T]:
    """Read the body of an answer: its session id, and a payload of the given form.

    Raises:
        APIError: for a header with a code that is not 0; such a body has no payload.
        ProtocolError: when the body has another form.
    """
    try:
        answer = _ANSWER.validate_json(data)
        header = answer["header"]
        sid = header.get("sid", "")
        if header["code"]:
            raise _api_error(header)
        return sid, payload.validate_python(answer.get("payload"), strict=True)
    except ValidationError as error:
        raise ProtocolError(
            f"Spark sent {len(data)} bytes that are not a valid answer: {reason(error)}",
            hint="if this lasts, something between here and Spark changes the answers",
        ) from None  # pydantic's own error quotes the answer, which is private


def read_error(data: bytes) -> APIError | None:
    """Look for an error of the service in the body of an HTTP error.

    It is None when the body is another one, for instance a gateway's.
    """
    try:
        header = _ANSWER.validate_json(data)["header"]
    except ValidationError:
        return None
    return _api_error(header) if header["code"] else None


def read_request(request: TypeAdapter[_T], data: bytes | str) -> _T:
    """Read a request of the given form, as the service does.

    Raises:
        RequestRefusedError: with 10003 when it is not JSON, with 10004 when a field is missing
            or has another type than the service's.
    """
    try:
        body = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise RequestRefusedError(10003, "ClientMsgError", "invalid json") from error
    try:
        return request.validate_python(body, strict=True)
    except ValidationError as error:
        raise RequestRefusedError(10004, "SchemaCheckError", f"{reason(error)}; ") from error


def write_request(app_id: str, uid: str, parameter: object, payload: object, **more: int) -> bytes:
    """Write the JSON body of a request, with further fields of its header."""
    header = {"app_id": app_id, "uid": uid, **more}
    return _json({"header": header, "parameter": parameter, "payload": payload})


def write_answer(sid: str, message: str, payload: object, **more: int) -> bytes:
    """Write the JSON body of an answer, as the service does, with further fields of its header.

    The message is the service's word for success.
    """
    header = {"code": 0, "message": message, "sid": sid, **more}
    return _json({"header": header, "payload": payload})


def _api_error(header: _AnswerHeader) -> APIError:
    return api_error(header["code"], header.get("message", ""), header.get("sid"))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def reason(error: ValidationError) -> str:
    """Say where a message is wrong, without its content, which may be private."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    places = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    return f"'${''.join(places)}' {first['msg'].lower()}"
