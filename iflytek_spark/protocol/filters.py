"""What happens to the events of an answer between the frames and the caller."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from iflytek_spark.errors import ToolNotCalledError
from iflytek_spark.messages import Tool, ToolCall
from iflytek_spark.protocol.events import Citations, ContentDelta, Event, Finished, ToolCallDelta
from iflytek_spark.protocol.stop import StopFilter
from iflytek_spark.requests import ChatRequest

Events: TypeAlias = tuple[Event, ...]
Filter: TypeAlias = Callable[[Events], Events]

_MARKUP = ("<tool_call>", "<function=", "function=")
_CALL = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)
_FUNCTION = re.compile(r"<?function=([^<>\s]+)>\s*(|\{.*?\})\s*(?:</function>)?", re.DOTALL)
_FENCE = re.compile(r"\s*```\w*\s*")
_PART_OF_FENCE = re.compile(r"\s*(?:`{0,2}|```\w*\s*)")


class _Call(TypedDict, total=False):
    """A call in the form of ``tool_text``, or as models write it: with an object, without id."""

    name: str
    arguments: str | dict[str, Any]


_CALL_FORM = TypeAdapter(_Call)


def filters_for(request: ChatRequest, sid: Callable[[], str]) -> tuple[Filter, ...]:
    """Choose the filters of a call, in the order in which they apply.

    Args:
        request: the call's request.
        sid: gives the session id once it is known.
    """
    chosen: list[Filter] = []
    if request.tools:
        chosen.append(MarkupFilter(request.tools, sid))
    if request.rules.check_tool_call:
        chosen.append(refuse_text)
    if request.rules.strip_fence:
        chosen.append(FenceFilter())
    if request.rules.cut_at:
        chosen.append(StopEvents(request.rules.cut_at, sid))
    return tuple(chosen)


class MarkupFilter:
    """Recognises a tool call that the model wrote as text (PROTOCOL.md §3)."""

    def __init__(self, tools: Sequence[Tool], sid: Callable[[], str]) -> None:
        """Start at the beginning of an answer.

        Args:
            tools: those that are offered; text that names another one stays text.
            sid: gives the session id once it is known.
        """
        self._names = {tool.name for tool in tools}
        self._sid = sid
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
            yield ToolCallDelta(call)
            yield Finished("tool_calls", end.usage, end.sid)

    def _call(self, text: str) -> ToolCall | None:
        name, arguments = _read_call(text.strip())
        return ToolCall(f"call_{self._sid()}", name, arguments) if name in self._names else None


def _read_call(text: str) -> tuple[str, str]:
    """Read name and arguments of the first call in a text; the name is empty if there is none."""
    if match := _FUNCTION.fullmatch(text):
        return match[1], match[2] or "{}"
    match = _CALL.match(text)
    try:
        call = _CALL_FORM.validate_json(match[1] if match else "{}")
    except ValidationError:
        return "", ""
    arguments = call.get("arguments", "{}")
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return call.get("name", ""), arguments


def refuse_text(events: Events) -> Events:
    """Refuse an answer without a tool call where one must be made.

    The pages of a web search are passed over too: there is no text that cites them, and nothing
    may be seen before it is sure that no second try is needed.

    Raises:
        ToolNotCalledError: at the first text that is not blank, or at the end.
    """
    if any(map(_lacks_call, events)):
        raise ToolNotCalledError("the model answered in text although a tool call was required")
    return tuple(event for event in events if not isinstance(event, ContentDelta | Citations))


def _lacks_call(event: Event) -> bool:
    match event:
        case ContentDelta(text):
            return bool(text.strip())
        case Finished(reason):
            return reason != "tool_calls"
    return False


class FenceFilter:
    """Takes the Markdown fence off an answer that is to be JSON alone."""

    def __init__(self) -> None:
        """Start at the beginning of an answer."""
        self._fenced: bool | None = None
        self._held = ""

    def __call__(self, events: Events) -> Events:
        """Take the events of one frame."""
        return tuple(self._pass(events))

    def _pass(self, events: Events) -> Iterator[Event]:
        for event in events:
            if isinstance(event, ContentDelta):
                text = self._feed(event.text)
                if text:
                    yield ContentDelta(text)
                continue
            if isinstance(event, Finished) and self._fenced is None and self._held.strip():
                yield ContentDelta(self._held)
            yield event

    def _feed(self, text: str) -> str:
        text = self._held + text
        if self._fenced is None:
            if _PART_OF_FENCE.fullmatch(text):
                self._held = text
                return ""
            fence = _FENCE.match(text)
            self._fenced = fence is not None
            text = text[fence.end() :] if fence else text
        kept = text.rstrip().rstrip("`").rstrip() if self._fenced else text
        self._held = text[len(kept) :]
        return kept


class StopEvents:
    """Ends an answer at a stop string."""

    def __init__(self, stop: Sequence[str], sid: Callable[[], str]) -> None:
        """Start at the beginning of an answer.

        Args:
            stop: the stop strings.
            sid: gives the session id once it is known.
        """
        self._stop = StopFilter(stop)
        self._sid = sid

    def __call__(self, events: Events) -> Events:
        """Take the events of one frame."""
        passed: list[Event] = []
        for event in events:
            if isinstance(event, ContentDelta):
                text, stopped = self._stop.feed(event.text)
                passed += [ContentDelta(text)] if text else []
                if stopped:
                    return (*passed, self._finished(events[-1]))
            else:
                held = self._stop.flush() if isinstance(event, Finished) else ""
                passed += [ContentDelta(held), event] if held else [event]
        return tuple(passed)

    def _finished(self, last: Event) -> Finished:
        """End with the token counts when they came in the same frame."""
        usage = last.usage if isinstance(last, Finished) else None
        return Finished("stop", usage, self._sid())
