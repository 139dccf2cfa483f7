"""A tool call that the model wrote as text becomes a tool call (PROTOCOL.md §3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError
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


class ToolMarkupFilter:
    """Recognises a tool call that the model wrote as text (PROTOCOL.md §3)."""

    def __init__(self, tools: Sequence[Tool], answer: Callable[[], str]) -> None:
        """Start at the beginning of an answer.

        Args:
            tools: those that are offered; text that names another one stays text.
            answer: names the answer, once its sid is known; ids of calls are made of it.
        """
        self._names = {tool.name for tool in tools}
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
        start = text.lstrip()
        if any(start.startswith(mark) or mark.startswith(start) for mark in _MARKUP):
            self._held = text
        else:
            self._held = None
            yield ContentDelta(text)

    def _end(self, text: str, end: Finished) -> Iterator[Event]:
        call = self._call(text)
        if call is None:
            yield ContentDelta(text)
            yield end
        else:
            yield ToolCallDelta(call, self._calls)
            limited = end.finish_reason == "length" and not is_readable(call)
            yield replace(end, finish_reason="length" if limited else "tool_calls")

    def _call(self, text: str) -> ToolCall | None:
        name, arguments = _read_call(text.strip())
        if name not in self._names:
            return None
        return make_call(self._answer(), self._calls + 1, name, arguments)


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
