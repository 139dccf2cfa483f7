"""Characters that JSON cut in two: halves of a surrogate pair, each in an escape of its own."""

from __future__ import annotations

import re

from iflytek_spark.protocol.deviations import Deviation, Deviations
from iflytek_spark.protocol.wire.frame import Frame

_SURROGATE = re.compile("[\ud800-\udfff]")


def has_halves(text: str) -> bool:
    """Whether a text holds halves of characters."""
    return _SURROGATE.search(text) is not None


def without_halves(text: str) -> str:
    """Put halves of characters together; U+FFFD stands for one that is alone."""
    if not has_halves(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class HalfCharacters:
    """Puts characters together that were cut in two: a service that counts in UTF-16 does that."""

    def __init__(self, deviations: Deviations) -> None:
        """Start with none."""
        self._deviations = deviations
        self._held: dict[str, str] = {}

    @property
    def waiting(self) -> bool:
        """Whether half a character waits for its other half."""
        return bool(self._held)

    def join(self, frame: Frame) -> Frame:
        """Return a frame with whole characters alone; the first half of one waits."""
        self._deviations.add(Deviation.HALF_CHARACTER)
        content = self._join("content", frame.content, frame.last)
        reasoning = self._join("reasoning", frame.reasoning, frame.last)
        return frame._replace(content=content, reasoning=reasoning, halves=False)

    def _join(self, place: str, text: str, last: bool) -> str:
        text = self._held.pop(place, "") + text
        if text and not last and "\ud800" <= text[-1] <= "\udbff":
            text, self._held[place] = text[:-1], text[-1]
        whole = without_halves(text)
        if whole.count("\ufffd") > text.count("\ufffd"):
            self._deviations.add(Deviation.LONE_SURROGATE)
        return whole
