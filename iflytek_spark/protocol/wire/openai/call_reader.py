"""Reads the tool calls of an event: an array, one object, JSON text, or fragments.

PROTOCOL-HTTP.md §3.

Calls of the service's own tools stand among them; what its web search found is a plugin's result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from iflytek_spark.errors import ProtocolError
from iflytek_spark.messages import PluginResult
from iflytek_spark.protocol.deviations import Deviation, Deviations
from iflytek_spark.protocol.wire.frame import CallFragment
from iflytek_spark.protocol.wire.halves import without_halves
from iflytek_spark.protocol.wire.lenient import json_of, number_in, object_of, parse, text_of

_SEARCH = "web_search"
_PLUGIN = "ifly_search"
"""The name of web search on the WebSocket (§4)."""

_Object = Mapping[str, Any]


def read_calls(delta: _Object, noted: Deviations) -> tuple[list[CallFragment], list[PluginResult]]:
    """Read the calls of a delta or a message.

    Args:
        delta: the object that holds them.
        noted: where it is noted what is not as documented.

    Returns:
        The functions' calls, and what the web search found.

    Raises:
        ProtocolError: for JSON text that is none.
    """
    calls: list[CallFragment] = []
    plugins: list[PluginResult] = []
    for item in _items(delta, noted):
        if item.get("type") == _SEARCH or _SEARCH in item:
            plugins += _pages(item, noted)
            continue
        call = object_of(item, "function", noted) if "function" in item else item
        calls.append(_fragment(item, call, noted))
    return [call for call in calls if any(call[1:])], plugins


def _items(delta: _Object, noted: Deviations) -> list[_Object]:
    found = _objects(delta.get("tool_calls"), noted)
    if delta.get("function_call") is not None:
        noted.add(Deviation.CALLS_OF_ANOTHER_FORM)
        found += _objects(delta["function_call"], noted)
    return found


def _objects(value: object, noted: Deviations) -> list[_Object]:
    match value:
        case None | "" | []:
            return []
        case list():
            return [each for item in value for each in _objects(item, noted)]
        case str():
            noted.add(Deviation.CALLS_OF_ANOTHER_FORM)
            return _objects(parse(value, noted), noted)
        case {"function": _} | {"name": _} | {"arguments": _} | {"type": _} | {"web_search": _}:
            return [cast("_Object", value)]
        case dict():  # by index, as other services write lists
            noted.add(Deviation.CALLS_OF_ANOTHER_FORM)
            return [each for item in value.values() for each in _objects(item, noted)]
    raise ProtocolError("Spark sent tool calls that cannot be read")


def _fragment(item: _Object, call: _Object, noted: Deviations) -> CallFragment:
    index = number_in(item["index"], noted) if item.get("index") is not None else None
    texts = (
        "" if holder.get(key) is None else without_halves(read(holder, key, noted))
        for holder, key, read in (
            (item, "id", text_of), (call, "name", text_of), (call, "arguments", json_of),
        )
    )  # fmt: skip
    return CallFragment(index, *texts)


def _pages(item: _Object, noted: Deviations) -> list[PluginResult]:
    search = object_of(item, _SEARCH, noted) if _SEARCH in item else {}
    outputs = search.get("outputs")
    if not outputs:
        return []
    text = (
        outputs
        if isinstance(outputs, str)
        else json.dumps(outputs, ensure_ascii=False, default=float)
    )
    return [PluginResult(_PLUGIN, without_halves(text))]
