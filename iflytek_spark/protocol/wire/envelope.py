"""What all bodies have in common: a header around a payload, JSON of a form.

The keys inside the payloads stand in ``chat_client``, ``chat_server``, ``embedding`` and ``image``
(PROTOCOL.md §2, §7, §8).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Required, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from typing_extensions import TypedDict

from iflytek_spark.errors import APIError, ProtocolError
from iflytek_spark.protocol.deviations import Deviation, Deviations, Seen
from iflytek_spark.protocol.wire.error_codes import api_error
from iflytek_spark.protocol.wire.halves import without_halves
from iflytek_spark.protocol.wire.lenient import (
    Noted,
    note_unknown,
    number_in,
    object_of,
    objects_in,
    parse,
    text_of,
    unreadable,
)
from iflytek_spark.protocol.wire.values import RequestRefusedError

_T = TypeVar("_T")


class RequestHeader(TypedDict, total=False):
    """The header of a request."""

    app_id: Required[str]
    uid: str


class AnswerHeader(NamedTuple):
    """The header of an answer, read.

    Attributes:
        code: 0, or an error code.
        message: the service's word on the code.
        sid: the session id, or an empty string.
        status: 0, 1 or 2 for the last, or None.
    """

    code: int
    message: str = ""
    sid: str = ""
    status: int | None = None


_ANSWER_KEYS = frozenset(("header", "payload"))
_HEADER_KEYS = frozenset(("code", "message", "sid", "status"))


def read_answer(data: bytes | str, noted: Deviations) -> tuple[AnswerHeader, dict[str, Any]]:
    """Read an answer as far as all have it in common: its header, and the object around that.

    An error is found whatever else is unusual. Of an answer with one no deviation is noted.

    Raises:
        ProtocolError: when it is not JSON with a header, or its code is no number.
    """
    seen = Seen()
    header, answer = _read_answer(data, seen)
    if not header.code:
        noted.update(seen)
    return header, answer


def read_payload(data: bytes | str, noted: Deviations) -> tuple[str, dict[str, Any]]:
    """Read the one message of a signed POST: its session id, and its payload.

    Raises:
        APIError: for a header with a code that is not 0.
        ProtocolError: as :func:`read_answer`.
    """
    header, answer = read_answer(data, noted)
    if header.code:
        raise _api_error(header)
    if not header.sid:
        noted.add(Deviation.SID_MISSING)
    return header.sid, object_of(answer, "payload", noted)


def read_error(data: bytes) -> APIError | None:
    """Look for an error of the service in the body of an HTTP error.

    It is None when the body is another one, for instance a gateway's.
    """
    try:
        header, _ = _read_answer(data, Seen())
    except ProtocolError:
        return None
    return _api_error(header) if header.code else None


def _read_answer(data: bytes | str, seen: Seen) -> tuple[AnswerHeader, dict[str, Any]]:
    value = parse(data, seen)
    found = objects_in(value, seen, for_one=True) if isinstance(value, dict | list) else []
    if len(found) != 1:
        raise unreadable(data, "'$' is no object")
    (answer,) = found
    header = object_of(answer, "header", seen)
    if not header and not isinstance(answer.get("header"), dict):
        header = {key: answer[key] for key in _HEADER_KEYS if key in answer}
        if _code(data, header, seen) == 0:
            raise unreadable(data, "'$.header' is missing")
    note_unknown(answer, _ANSWER_KEYS, seen)
    note_unknown(header, _HEADER_KEYS, seen)
    code = _code(data, header, seen)
    message = without_halves(text_of(header, "message", seen))
    sid = without_halves(text_of(header, "sid", seen))
    return AnswerHeader(code, message, sid, read_status(header, seen)), answer


def _code(data: bytes | str, header: Mapping[str, Any], seen: Seen) -> int:
    value = header.get("code")
    if value in (None, ""):
        seen.add(Deviation.CODE_MISSING)
        return 0
    code = number_in(value, seen)
    if code is None:
        raise unreadable(data, "'$.header.code' is no number")
    return code


def read_status(holder: Mapping[str, Any], noted: Noted) -> int | None:
    """Read the ``status`` of a header or of a piece; None stands for what is no status."""
    if holder.get("status") in (None, ""):
        return None
    status = number_in(holder["status"], noted)
    if status not in (0, 1, 2):
        noted.add(Deviation.STATUS_UNUSUAL)
    return status


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


def _api_error(header: AnswerHeader) -> APIError:
    return api_error(header.code, header.message, header.sid)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def reason(error: ValidationError) -> str:
    """Say where a message is wrong, without its content, which may be private."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    places = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    return f"'${''.join(places)}' {first['msg'].lower()}"
