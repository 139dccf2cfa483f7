"""Reads JSON that is nearly of the documented form, and notes each deviation.

A reader takes the object that holds a value, and the value's key; a key that is missing is for
its caller to judge. Nothing that could be text of an answer is dropped: what has another form is
written out.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from iflytek_spark.errors import ProtocolError
from iflytek_spark.protocol.deviations import Deviation

_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,18})(?:\.0*)?\s*", re.ASCII)
_LARGE = 10**18


class Noted(Protocol):
    """Where deviations are noted."""

    def add(self, kind: Deviation, /) -> None:
        """Note one."""


def parse(data: bytes | str, noted: Noted) -> Any:
    """Read JSON.

    Numbers with a point are decimals, so that none is changed; halves of characters stay.

    Raises:
        ProtocolError: when it is not UTF-8 or not JSON. It quotes nothing, which may be private.
    """
    try:
        text = data.decode() if isinstance(data, bytes) else data
        if text.startswith("\ufeff"):
            noted.add(Deviation.BYTE_ORDER_MARK)
            text = text[1:]
        return json.loads(text, parse_float=_real, parse_int=_whole)
    except UnicodeDecodeError:
        raise unreadable(data, "it is not UTF-8") from None
    except ValueError:
        raise unreadable(data, "it is not JSON") from None
    except RecursionError:
        raise unreadable(data, "it is nested too deeply") from None


def unreadable(data: bytes | str, why: str) -> ProtocolError:
    """Return the error for what is no answer at all."""
    return ProtocolError(
        f"Spark sent {len(data)} bytes that are not a valid answer: {why}",
        hint="if this lasts, something between here and Spark changes the answers",
    )


def _whole(raw: str) -> int | Decimal:
    return int(raw) if len(raw) < 4000 else _real(raw)  # CPython refuses longer ones


def _real(raw: str) -> Decimal:
    try:
        return Decimal(raw)
    except InvalidOperation:
        return Decimal("Infinity")


def object_of(holder: Mapping[str, Any], key: str, noted: Noted) -> dict[str, Any]:
    """Read an object; an empty one stands for what is missing or cannot be used."""
    found = objects_in(holder[key], noted, for_one=True) if key in holder else []
    if len(found) > 1:
        noted.add(Deviation.VALUE_LEFT_OUT)
    return found[0] if found else {}


def objects_of(holder: Mapping[str, Any], key: str, noted: Noted) -> list[dict[str, Any]]:
    """Read a list of objects; a text in its place is the content of one."""
    return objects_in(holder[key], noted) if key in holder else []


def objects_in(value: object, noted: Noted, for_one: bool = False) -> list[dict[str, Any]]:
    """Return the objects in a value, where a list of them or ``for_one`` object is expected."""
    match value:
        case dict():
            if not for_one:
                noted.add(Deviation.OBJECT_FOR_LIST)
            return [value]
        case list():
            if for_one:
                noted.add(Deviation.LIST_FOR_OBJECT)
            return [found for item in value for found in _object_in(item, for_one, noted)]
        case str() if not for_one:
            noted.add(Deviation.TEXT_FOR_LIST)
            return [{"content": value}]
    return _object_in(value, for_one, noted)


def _object_in(value: object, for_one: bool, noted: Noted) -> list[dict[str, Any]]:
    match value:
        case dict():
            return [value]
        case None:
            noted.add(Deviation.NULL)
        case str():
            noted.add(Deviation.TEXT_FOR_OBJECT)
            if not for_one:
                return [{"content": value}]
            return _written_object(value, noted)
        case _:
            noted.add(Deviation.VALUE_LEFT_OUT)
    return []


def _written_object(text: str, noted: Noted) -> list[dict[str, Any]]:
    try:
        value = parse(text, noted)
    except ProtocolError:
        value = None
    if isinstance(value, dict):
        return [value]
    if text.strip():
        noted.add(Deviation.VALUE_LEFT_OUT)
    return []


def text_of(holder: Mapping[str, Any], key: str, noted: Noted) -> str:
    """Read a text that people read; the texts of a list of parts are joined."""
    return _text(holder[key], noted) if key in holder else ""


def _text(value: object, noted: Noted) -> str:
    match value:
        case str():
            return value
        case list():
            noted.add(Deviation.LIST_FOR_TEXT)
            return "".join(_text(part, noted) for part in value)
        case {"text": str(text)} | {"content": str(text)}:
            noted.add(Deviation.OBJECT_FOR_TEXT)
            return text
    return written(value, noted)


def json_of(holder: Mapping[str, Any], key: str, noted: Noted) -> str:
    """Read a text that is JSON itself; a value in its place is written out."""
    value = holder.get(key, "")
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        noted.add(Deviation.LIST_FOR_TEXT)
    return written(value, noted)


def written(value: object, noted: Noted) -> str:
    """Write a value that stands in place of a text."""
    match value:
        case None:
            noted.add(Deviation.NULL)
            return ""
        case dict():
            noted.add(Deviation.OBJECT_FOR_TEXT)
        case bool() | int() | float() | Decimal():
            noted.add(Deviation.NUMBER_FOR_TEXT)
            return str(value) if isinstance(value, Decimal) else json.dumps(value)
    return json.dumps(value, ensure_ascii=False, default=float)


def number_in(value: object, noted: Noted) -> int | None:
    """Read a whole number; None stands for what is none."""
    if isinstance(value, list) and len(value) == 1:
        noted.add(Deviation.LIST_FOR_OBJECT)
        (value,) = value
    match value:
        case bool():
            return None
        case int():
            return value
        case str():
            return _number_in_text(value, noted)
        case Decimal():
            return _whole_in(value, noted)
    return None


def _number_in_text(text: str, noted: Noted) -> int | None:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    noted.add(Deviation.NUMBER_AS_TEXT)
    return int(match[1])


def _whole_in(value: Decimal, noted: Noted) -> int | None:
    if not value.is_finite() or abs(value) >= _LARGE or value != int(value):
        return None
    noted.add(Deviation.NUMBER_AS_FLOAT)
    return int(value)


def read_base64(holder: Mapping[str, Any], key: str, noted: Noted) -> bytes | None:
    """Read what is packed as base64; None stands for what is not."""
    text = text_of(holder, key, noted)
    bare = "".join(text.split())
    if bare != text:
        noted.add(Deviation.BASE64_IN_LINES)
    try:
        return base64.b64decode(bare, validate=True)
    except ValueError:
        return None


def note_unknown(holder: Mapping[str, Any], known: Collection[str], noted: Noted) -> None:
    """Note fields that are not documented."""
    if not holder.keys() <= set(known):
        noted.add(Deviation.UNKNOWN_FIELD)
