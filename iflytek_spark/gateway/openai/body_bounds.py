"""How much a JSON body may hold, counted in its bytes before anything is made of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TypeAlias

from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError

MAX_VALUES = 50_000
"""Values of a body, each field and each item of a list; no model's context holds as many."""

MAX_TEXT_BYTES = 4 * 1024 * 1024
"""All of a body but images; no model's context holds as much."""

_MIN_COUNTED = 64 * 1024
_MAX_DEPTH = 200
"""As deep as pydantic reads."""

_Bytes: TypeAlias = bytes | bytearray
_BLOCK = 1024 * 1024
_STRING = rb'"[^"]*"?'
_TOKEN = re.compile(_STRING + rb"|[,\[{}\]]")
_QUOTE = ord('"')
_BEFORE_VALUE = b",[{"
_DEEPER = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_STRINGS = re.compile(_STRING)


def check_bounds(body: _Bytes) -> None:
    """Refuse a body that holds more than any call needs.

    It takes no memory but a copy of a large body with escapes, and 0.1 s at most for 16 MB.

    Raises:
        GatewayError: when it does; it names the bound.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > MAX_VALUES:  # in texts too
        _check_values(_unescaped(body))
    if len(body) > MAX_TEXT_BYTES:
        _check_texts(body)


def _unescaped(body: _Bytes) -> _Bytes:
    """Leave out what could be taken for the end of a string."""
    if b"\\" not in body:
        return body
    found = bytearray()
    for block in _blocks(body):
        found += block.replace(b"\\\\", b"").replace(b'\\"', b"")
    return found


def _blocks(body: _Bytes) -> Iterator[_Bytes]:
    """Cut a body, but not within an escape: one call for all of it would hold up all threads."""
    start = 0
    while start < len(body):
        end = start + _BLOCK
        block = body[start:end]
        if (len(block) - len(block.rstrip(b"\\"))) % 2:
            end += 1
        yield body[start:end]
        start = end


def _check_values(body: _Bytes) -> None:
    values = strings = depth = 0
    for token in _TOKEN.finditer(body):
        first = body[token.start()]
        strings += first == _QUOTE
        values += first in _BEFORE_VALUE
        depth += _DEEPER.get(first, 0)
        if depth < 0:  # which the parser will say better
            return
        if depth > _MAX_DEPTH:
            message = (
                f"the body is not JSON that is read here: it has more than {_MAX_DEPTH} levels"
            )
            raise GatewayError(ErrorRow.INVALID_VALUE, message)
        if values > MAX_VALUES or strings > 2 * MAX_VALUES:
            raise GatewayError(
                ErrorRow.BODY_TOO_LARGE,
                f"the request holds more than {MAX_VALUES} values, the most that this gateway "
                "takes: send fewer messages, parts or tools",
            )


def _check_texts(body: _Bytes) -> None:
    rest = len(body)
    strings = _unescaped(body)
    for string in islice(_STRINGS.finditer(strings), 2 * MAX_VALUES):
        start, end = string.span()
        if end - start > _MIN_COUNTED and _is_image(strings, start, end):
            rest -= end - start
    if rest > MAX_TEXT_BYTES:
        raise GatewayError(
            ErrorRow.BODY_TOO_LARGE,
            f"the request is larger than {MAX_TEXT_BYTES} bytes without its images, more than any "
            "model reads: send less text",
        )


_IMAGES = (b'"data:', b'"iVBORw0KGgo', b'"/9j/', b'"R0lGOD', b'"UklGR')
"""How the text of an image begins: a data URL, or base64 of PNG, JPEG, GIF and WebP alone."""


def _is_image(body: _Bytes, start: int, end: int) -> bool:
    if not body.startswith(_IMAGES, start) or body.find(b"\\u", start, end) >= 0:
        return False
    blocks = (body[at : min(at + _BLOCK, end)] for at in range(start, end, _BLOCK))  # no copy
    return all(block.isascii() for block in blocks)
