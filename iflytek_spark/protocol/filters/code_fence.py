"""The Markdown fence around JSON is taken off."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iflytek_spark.protocol.events import ContentDelta, Event, Events, Finished

_FENCE = re.compile(r"\s*```\w*\s*")
_PART_OF_FENCE = re.compile(r"\s*(?:`{0,2}|```\w*\s*)")


class CodeFenceFilter:
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
