"""What happens to the events of an answer between the frames and the caller."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from iflytek_spark.errors import ToolNotCalledError
from iflytek_spark.messages import Tool, ToolCall
from iflytek_spark.protocol.events import ContentDelta, Event, Finished, ToolCallDelta
from iflytek_spark.protocol.stop import StopFilter
from iflytek_spark.requests import ChatRequest
from iflytek_spark.tool_text import read_tool_text

Events: TypeAlias = tuple[Event, ...]
Filter: TypeAlias = Callable[[Events], Events]

_MARKUP = ("<tool_call>", "<function=", "function=")
_FUNCTION = re.compile(r"\s*<?function=([^>\s]+)>(.*?)(?:</function>)?\s*", re.DOTALL)
_FENCE_OPENS = re.compile(r"\s*```(?:json|JSON)?[ \t]*\n?")
_FENCE_CLOSES = re.compile(r"\s*`{0,3}\s*\Z")


def filters_for(request: ChatRequest, sid: Callable[[], str]) -> tuple[Filter, ...]:
    """Choose the filters of a call, in the order in which they apply.

    Args:
        request: the call's request.
        sid: gives the session id once it is known.
    """
    chosen: list[Filter] = []
    if request.tools:
        chosen.append(MarkupFilter(request.tools, sid))
    if request.must_call:
        chosen.append(refuse_text)
    if request.json_only:
        chosen.append(FenceFilter())
    if request.stop:
        chosen.append(StopEvents(request.stop, sid))
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
        name, arguments = "", ""
        for call in read_tool_text(text.strip()):
            if isinstance(call, ToolCall):
                name, arguments = call.name, call.arguments
                break
        else:
            if match := _FUNCTION.fullmatch(text):
                name, arguments = match[1], match[2].strip() or "{}"
        return ToolCall(f"call_{self._sid()}", name, arguments) if name in self._names else None


def refuse_text(events: Events) -> Events:
    """Refuse an answer in text where a tool must be called.

    Raises:
        ToolNotCalledError: at the first text that is not blank.
    """
    if any(isinstance(event, ContentDelta) and event.text.strip() for event in events):
        raise ToolNotCalledError("the model answered in text although a tool call was required")
    return tuple(event for event in events if not isinstance(event, ContentDelta))


class FenceFilter:
    """Takes the Markdown fence off an answer that is to be JSON alone."""

    def __init__(self) -> None:
        """Start at the beginning of an answer."""
        self._begun = False
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
            if isinstance(event, Finished) and not self._begun and self._held.strip():
                yield ContentDelta(self._held)
            yield event

    def _feed(self, text: str) -> str:
        text = self._held + text
        if not self._begun:
            fence = _FENCE_OPENS.match(text)
            if not text.lstrip("` \n\tjsonJSON"):
                self._held = text
                return ""
            self._begun = True
            text = text[fence.end() :] if fence else text.lstrip()
        tail = _FENCE_CLOSES.search(text)
        cut = tail.start() if tail else len(text)
        self._held = text[cut:]
        return text[:cut]


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
