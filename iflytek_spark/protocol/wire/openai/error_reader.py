"""Finds the error in what the service sent over HTTP (PROTOCOL-HTTP.md §7).

It is told by its code or, where there is none, by its name or its words, never by the HTTP status:
one code comes with several.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iflytek_spark.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
)
from iflytek_spark.protocol.deviations import Seen
from iflytek_spark.protocol.wire.error_codes import api_error
from iflytek_spark.protocol.wire.halves import without_halves
from iflytek_spark.protocol.wire.lenient import number_in, parse, written

_NAMES = {
    "appidnoautherror": 11200,
    "no valid authorization": 11200,
    "appidqpsoverflowerror": 11202,
    "requestparamserror": 10163,
    "engineparamschemacheckerror": 10163,
    "schemacheckerror": 10004,
    "no category route found": 10404,
    "nocategoryrouteerror": 10404,
    "engineinternalerror": 10012,
}
_TYPES: Mapping[str, type[APIError]] = {
    "authentication_error": AuthenticationError,
    "permission_error": PermissionDeniedError,
    "not_found_error": NotFoundError,
    "invalid_request_error": BadRequestError,
    "rate_limit_error": RateLimitError,
    "api_error": InternalServerError,
    "server_error": InternalServerError,
    "one_api_error": InternalServerError,
}
_CODE = re.compile(r"\bcode: ?(\d{5})\b", re.IGNORECASE)
_SID = re.compile(r"\bsid: ?([^\s)]+)", re.IGNORECASE)
_LEAST_CODE = 10000
"""Smaller numbers are statuses of HTTP."""


class SeenError:
    """An error that the service sent.

    Attributes:
        code: Spark's own code, or 0 where none can be told.
        message: the service's words.
        sid: the session id, or an empty string.
        kind: the word for its type, or an empty string.
    """

    def __init__(self, code: object, message: str, sid: str, kind: str) -> None:
        """Tell code and sid by the words where they do not stand apart."""
        self.message = message
        self.kind = kind
        self.code = _number(code) or _code_in_words(message)
        match = _SID.search(message)
        self.sid = sid or (match[1] if match else "")

    def error(self) -> APIError:
        """Return the exception for it."""
        if self.code:
            return api_error(self.code, self.message, self.sid)
        kind = _TYPES.get(self.kind, APIError)
        return kind(f"Spark answered with an error: {self.message}", sid=self.sid or None)


def find_error(value: object) -> SeenError | None:
    """Find the error in a body or an event, which has one of many forms; None where there is none.

    Args:
        value: the parsed JSON.
    """
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if not isinstance(value, dict):
        return None
    inner = value.get("error") or value.get("header")
    if isinstance(inner, str):
        return SeenError(value.get("code"), inner, _text(value.get("sid")), "")
    if isinstance(inner, dict) and ("error" in value or _number(inner.get("code"))):
        sid = _text(inner.get("sid") or value.get("sid") or value.get("id"))
        return SeenError(_code(inner, value), _message(inner), sid, _text(inner.get("type")))
    is_answer = value.keys() & {"choices", "usage"}
    if _number(value.get("code")) or ("message" in value and not is_answer):
        return SeenError(value.get("code"), _message(value), _text(value.get("sid")), "")
    return None


def read_http_error(body: bytes) -> SeenError | None:
    """Find the error in the body of a response; None for a body of another kind."""
    try:
        return find_error(parse(body, Seen()))
    except ProtocolError:
        return None


def _code(inner: Mapping[str, Any], outer: Mapping[str, Any]) -> object:
    return inner.get("code") if inner.get("code") not in (None, "") else outer.get("code")


def _number(value: object) -> int:
    """Return a code of Spark's, or 0."""
    code = number_in(value, Seen()) or 0
    return code if code >= _LEAST_CODE else 0


def _code_in_words(message: str) -> int:
    """Return the code that words tell."""
    if match := _CODE.search(message):
        return int(match[1])
    words = message.lower()
    return next((code for name, code in _NAMES.items() if name in words), 0)


def _message(holder: Mapping[str, Any]) -> str:
    return _text(holder.get("message") or holder.get("msg")) or "no reason given"


def _text(value: object) -> str:
    return without_halves(value if isinstance(value, str) else written(value, Seen()))
