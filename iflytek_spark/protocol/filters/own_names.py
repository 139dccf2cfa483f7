"""Calls get the names back that their tools have for the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from iflytek_spark.protocol.events import Event, Events, ToolCallDelta


class OwnNamesFilter:
    """Undoes :mod:`iflytek_spark.requests.tool_names`; no other filter sees a user's own name."""

    def __init__(self, own_names: Mapping[str, str]) -> None:
        """Take the own name of each name on the wire."""
        self._own = own_names

    def __call__(self, events: Events) -> Events:
        """Take the events of one frame."""
        return tuple(map(self._named, events))

    def _named(self, event: Event) -> Event:
        if not isinstance(event, ToolCallDelta) or event.call.name not in self._own:
            return event
        return replace(event, call=replace(event.call, name=self._own[event.call.name]))
