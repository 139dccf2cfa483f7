"""A tool call that the model wrote as text becomes a tool call (PROTOCOL.md §3)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from typing_extensions import TypedDict

from iflytek_spark.messages import Tool, ToolCall
from iflytek_spark.protocol.events import ContentDelta, Event, Events, Finished, ToolCallDelta
from iflytek_spark.protocol.tool_calls import is_readable, make_call

_MARKUP = ("<tool_call>", "<function=", "function=")
_CALL = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)
_FUNCTION = re.compile(r"<?function=([^<>\s]+)>\s*(|\{.*?\})\s*(?:</function>)?", re.DOTALL)


class _Call(TypedDict, total=False):
    """A call in the form of ``tool_text``, or as models write it: with an object, without id."""

    name: str
    arguments: str | dict[str, Any] | None


_CALL_FORM = TypeAdapter(_Call)


class _Item(_Call, total=False):
    """A call as dialect A's JSON text has it, whose function may stand within (§3)."""

    function: _Call


_ITEMS_FORM = TypeAdapter(list[_Item])
_HEAD = 400
"""Characters by which the beginning of a JSON text is known."""


class ToolMarkupFilter:
    """Recognises a tool call that the model wrote as text (PROTOCOL.md §3)."""

    def __init__(self, tools: Sequence[Tool], answer: Callable[[], str]) -> None:
        """Start at the beginning of an answer.

        Args:
            tools: those that are offered; text that names another one stays text.
            answer: names the answer, once its sid is known; ids of calls are made of it.
        """
        self._names = {tool.name for tool in tools}
        self._json = tuple(_beginnings(self._names))
        self._answer = answer
        self._calls = 0
        self._held: str | None = ""

    def __call__(self, events: Events) -> Events:
        """Take the events of one frame."""
        return events if self._held is None else tuple(self._pass(events))

    def _pass(self, events: Events) -> Iterator[Event]:
        for event in events:
            if isinstance(event, ContentDelta) and self._held is not None:
                yield from self._begin(self._held + event.text)
            elif isinstance(event, Finished) and self._held:
                yield from self._end(self._held, event)
            else:
                self._calls += isinstance(event, ToolCallDelta)
                yield event

    def _begin(self, text: str) -> Iterator[Event]:
        """Hold text back while it may be, or is, markup."""
        if self._may_be_call(text.lstrip()):
            self._held = text
        else:
            self._held = None
            yield ContentDelta(text)

    def _end(self, text: str, end: Finished) -> Iterator[Event]:
        calls = list(self._calls_in(text.strip()))
        if not calls:
            yield ContentDelta(text)
            yield end
            return
        for index, call in enumerate(calls, self._calls):
            yield ToolCallDelta(call, index)
        limited = end.finish_reason == "length" and not all(map(is_readable, calls))
        yield replace(end, finish_reason="length" if limited else "tool_calls")

    def _may_be_call(self, start: str) -> bool:
        if any(start.startswith(mark) or mark.startswith(start) for mark in _MARKUP):
            return True
        head = "".join(start[:_HEAD].split()) if start[0] in "{[" else ""
        return any(head.startswith(mark) or mark.startswith(head) for mark in self._json if head)

    def _calls_in(self, text: str) -> Iterator[ToolCall]:
        found = _read_json(text) if text[:1] in ("{", "[") else [_read_call(text)]
        if all(name in self._names for name, _ in found):
            for number, (name, arguments) in enumerate(found, self._calls + 1):
                yield make_call(self._answer(), number, name, arguments)


def _beginnings(names: Iterable[str]) -> Iterator[str]:
    """Yield how a JSON text of calls may begin, without its spaces."""
    quoted = ["".join(json.dumps(name, ensure_ascii=False).split()) for name in names]
    for start in ("{", "[{"):
        yield from (f'{start}"{key}' for key in ('type":"function"', 'id":"call'))
        for name in quoted:
            yield from (f'{start}"name":{name}', f'{start}"function":{{"name":{name}')
    yield '{"tool_calls":['


def _read_json(text: str) -> list[tuple[str, object]]:
    """Read names and arguments of the calls in a JSON text; there are none in any other."""
    try:
        value = from_json(text)
        if isinstance(value, dict):
            value = value.get("tool_calls", [value])
        items = _ITEMS_FORM.validate_python(value)
    except ValueError:  # pydantic's error is one
        return []
    calls: list[_Call] = [item.get("function", item) for item in items]
    return [(call.get("name", ""), call.get("arguments")) for call in calls]


def _read_call(text: str) -> tuple[str, object]:
    """Read name and arguments of the first call in a text; the name is empty if there is none."""
    if match := _FUNCTION.fullmatch(text):
        return match[1], match[2]
    match = _CALL.match(text)
    try:
        call = _CALL_FORM.validate_json(match[1] if match else "{}")
    except ValidationError:
        return "", ""
    return call.get("name", ""), call.get("arguments")
