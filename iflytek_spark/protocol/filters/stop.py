"""Cuts an answer at a stop string, which Spark itself cannot do on the WebSocket."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from iflytek_spark.messages import Usage
from iflytek_spark.protocol.events import ContentDelta, Event, Events, Finished


class StopMatcher:
    """Passes text on until a stop string appears, also when it is split over pieces.

    Text that may be the beginning of a stop string is held back until the next piece decides.
    Each character is looked at once, however many and however long the stop strings are.

    Attributes:
        found: the stop string that was found, or an empty string.
    """

    def __init__(self, stop: Sequence[str]) -> None:
        """Start with nothing held back.

        Args:
            stop: strings that are not empty.
        """
        self._root = self._place = _automaton(stop)
        firsts = "".join(map(re.escape, self._root.after))
        self._first = re.compile(f"[{firsts}]" if firsts else "(?!)")
        self._held = ""
        self.found = ""

    def feed(self, text: str) -> tuple[str, bool]:
        """Take the next piece.

        Returns:
            The text that may be passed on, and whether a stop string was found. The one that
            is complete first counts, whatever the pieces; neither it nor anything after it is
            passed on.
        """
        place, at = self._place, len(self._held)
        text = self._held + text
        while at < len(text):
            if place is self._root:
                first = self._first.search(text, at)
                if first is None:
                    break
                at = first.start()
            place = _step(place, text[at])
            at += 1
            if place.found:
                self._place, self._held = self._root, ""
                self.found = text[at - place.found : at]
                return text[: at - place.found], True
        passed = len(text) - place.depth
        self._place, self._held = place, text[passed:]
        return text[:passed], False

    def flush(self) -> str:
        """Return what was held back, at the end of an answer without a stop string."""
        held, self._held, self._place = self._held, "", self._root
        return held


class _Place:
    """How far the newest characters are the beginning of a stop string.

    Attributes:
        depth: how many characters that are.
        after: where each further character leads.
        back: the place of the longest shorter beginning, for a character that leads nowhere.
        found: the length of the longest stop string that ends here, or 0.
    """

    __slots__ = ("after", "back", "depth", "found")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.after: dict[str, _Place] = {}
        self.back: _Place | None = None
        self.found = 0


def _step(place: _Place, character: str) -> _Place:
    while character not in place.after:
        if place.back is None:
            return place
        place = place.back
    return place.after[character]


def _automaton(stop: Sequence[str]) -> _Place:
    """Make the automaton of Aho and Corasick, and return its root."""
    root = _Place(0)
    for one in stop:
        place = root
        for character in one:
            place = place.after.setdefault(character, _Place(place.depth + 1))
        place.found = len(one)
    places = deque(root.after.values())
    for place in places:
        place.back = root
    while places:
        place = places.popleft()
        for character, deeper in place.after.items():
            deeper.back = _step(place.back or root, character)
            deeper.found = deeper.found or deeper.back.found
            places.append(deeper)
    return root


class StopFilter:
    """Ends an answer at a stop string."""

    def __init__(self, stop: Sequence[str], end: Callable[[Usage | None], Finished]) -> None:
        """Start at the beginning of an answer.

        Args:
            stop: the stop strings.
            end: gives the end of an answer that stops here, with its token counts.
        """
        self._stop = StopMatcher(stop)
        self._end = end

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
        return replace(self._end(usage), stop=self._stop.found)
