"""Cuts an answer at a stop string, which Spark itself cannot do on the WebSocket."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from iflytek_spark.messages import Usage
from iflytek_spark.protocol.events import ContentDelta, Event, Events, Finished


class StopMatcher:
    """Passes text on until a stop string appears, also when it is split over pieces.

    Text that may be the beginning of a stop string is held back until the next piece decides.
    """

    def __init__(self, stop: Sequence[str]) -> None:
        """Start with nothing held back.

        Args:
            stop: strings that are not empty.
        """
        self._stop = tuple(stop)
        self._held = ""

    def feed(self, text: str) -> tuple[str, bool]:
        """Take the next piece.

        Returns:
            The text that may be passed on, and whether a stop string was found. The one that
            is complete first counts, whatever the pieces; neither it nor anything after it is
            passed on.
        """
        text = self._held + text
        found = [
            (start + len(stop), start) for stop in self._stop if (start := text.find(stop)) >= 0
        ]
        if found:
            self._held = ""
            return text[: min(found)[1]], True
        keep = max(map(self._beginning, self._stop, (text,) * len(self._stop)), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep], False

    def flush(self) -> str:
        """Return what was held back, at the end of an answer without a stop string."""
        held, self._held = self._held, ""
        return held

    @staticmethod
    def _beginning(stop: str, text: str) -> int:
        """Return how many characters at the text's end could begin the stop string."""
        longest = min(len(stop) - 1, len(text))
        return next((size for size in range(longest, 0, -1) if text.endswith(stop[:size])), 0)


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
        return self._end(usage)
