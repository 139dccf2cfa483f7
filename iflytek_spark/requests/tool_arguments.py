"""The one reader of what a model wrote as JSON: the arguments of a call, or an object as text.

What is loosely written is read, and what may be half of something, or more than one thing, is not:
a tool that runs on a guess does harm.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from iflytek_spark.errors import InvalidResponseError

MAX_DEPTH = 100
"""Of lists and objects in each other: what is deeper is a model that runs away."""

_FENCE = re.compile(r"```\w*[ \t]*\n?(.*?)\n?```", re.DOTALL)


def read_arguments(written: object) -> dict[str, Any]:
    """Read the arguments of a tool call.

    Args:
        written: a JSON text of an object. Taken too: None, ``null`` and blank text for no
            arguments; an object; raw line ends and control characters in strings; a Markdown
            fence around the text; a JSON string that holds the text.

    Returns:
        The arguments.

    Raises:
        InvalidResponseError: for anything else: text that ends early or goes on after the object,
            another kind of value, a name twice in one object, a number that is not finite, half
            a surrogate pair, more than :data:`MAX_DEPTH` levels.
    """
    value = written
    if isinstance(written, str):
        value = read_json(written) if written.strip() else {}
        if isinstance(value, str):
            value = read_json(value)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidResponseError("the arguments are not a JSON object")
    _check_value(value)
    return dict(value)


def read_json(text: str) -> Any:
    """Read a JSON text that a model wrote, as loosely as :func:`read_arguments` does.

    Raises:
        InvalidResponseError: when it is not one whole JSON value.
    """
    bare = text.strip().removeprefix("\ufeff")
    fenced = _FENCE.fullmatch(bare)
    try:
        value = _DECODER.decode(fenced[1].strip() if fenced else bare)
    except (ValueError, RecursionError) as error:
        raise InvalidResponseError(f"this is not JSON: {error}") from None
    _check_value(value)
    return value


def normal_arguments(written: object) -> str:
    """Return arguments as strict JSON text; text that already is stays as it is.

    What :func:`read_arguments` cannot read is returned as the model wrote it.
    """
    try:
        value = read_arguments(written)
    except InvalidResponseError:
        return written if isinstance(written, str) else json.dumps(written, ensure_ascii=False)
    if isinstance(written, str) and written.lstrip().startswith("{") and _is_strict(written):
        return written
    return json.dumps(value, ensure_ascii=False)


def _is_strict(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _not_a_number(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON number")


_DECODER = json.JSONDecoder(strict=False, parse_constant=_not_a_number, object_pairs_hook=_unique)


def _check_value(value: object) -> None:
    """Refuse what no JSON text in UTF-8 can hold, and what is nested too deep."""
    level = [value]
    for _ in range(MAX_DEPTH):
        if not level:
            return
        for item in level:
            _check_item(item)
        level = [inner for item in level for inner in _items(item)]
    if level:
        raise InvalidResponseError(f"the JSON is nested deeper than {MAX_DEPTH} levels")


def _items(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from value
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value


def _check_item(value: object) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidResponseError("this is not JSON: a number is not finite")
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidResponseError("the JSON holds half a surrogate pair") from None
