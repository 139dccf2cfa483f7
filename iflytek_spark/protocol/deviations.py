"""What an answer may have that no documentation says, and that does not make it wrong.

Nobody here has seen the real service, so an answer is right unless the service says an error, the
connection ends before the last frame, or the bytes are not JSON with a header. All else is a
deviation: it is counted, logged once in a process, and named in the response.
"""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
from operator import length_hint

from iflytek_spark.errors import ProtocolError

_LOG = logging.getLogger("iflytek_spark")


class Deviation(StrEnum):
    """The kinds of deviations; the values are what ``deviations`` of a response names."""

    meaning: str

    def __new__(cls, name: str, meaning: str) -> Deviation:
        """Make a member of its name and what it means."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.meaning = meaning
        return member

    SEQ_MISSING = "seq_missing", "a piece has no number"
    SEQ_UNUSUAL = "seq_unusual", "the number of a piece is no number"
    SEQ_START = "seq_start", "the first piece has another number than 0"
    SEQ_GAP = "seq_gap", "the pieces' numbers leap; every frame that was sent has come"
    SEQ_BACK = "seq_back", "the pieces' numbers go back; the pieces stand as they came"
    SEQ_REPEATED = "seq_repeated", "two different pieces have one number"
    FRAME_REPEATED = "frame_repeated", "the same frame came twice; it counts once"
    SID_MISSING = "sid_missing", "a frame has no session id"
    SID_CHANGED = "sid_changed", "the frames have several session ids"
    CODE_MISSING = "code_missing", "a frame has no code, which is read as no error"
    STATUS_MISSING = "status_missing", "a frame has no status, which is read as not the last"
    STATUS_UNUSUAL = "status_unusual", "a status is none of 0, 1 and 2"
    ROLE_UNUSUAL = "role_unusual", "a piece is not the assistant's"
    INDEX_UNUSUAL = "index_unusual", "the index of a piece is no number"
    TEXT_MISSING = "text_missing", "a piece has no text"
    CHOICES_MISSING = "choices_missing", "the last frame has no place for text"
    EMPTY_FRAME = "empty_frame", "a frame carries nothing"
    UNKNOWN_FRAME = "unknown_frame", "a frame is of a kind that is not documented"
    UNKNOWN_FIELD = "unknown_field", "a field is not documented"
    NULL = "null", "null stands in place of a value"
    NUMBER_AS_TEXT = "number_as_text", "a text stands in place of a number"
    NUMBER_AS_FLOAT = "number_as_float", "a number is written with a point"
    NUMBER_FOR_TEXT = "number_for_text", "a number stands in place of a text"
    LIST_FOR_TEXT = "list_for_text", "a list stands in place of a text"
    OBJECT_FOR_TEXT = "object_for_text", "an object stands in place of a text"
    LIST_FOR_OBJECT = "list_for_object", "a list stands in place of an object"
    TEXT_FOR_OBJECT = "text_for_object", "a text stands in place of an object"
    OBJECT_FOR_LIST = "object_for_list", "an object stands in place of a list"
    TEXT_FOR_LIST = "text_for_list", "a text stands in place of a list"
    VALUE_LEFT_OUT = "value_left_out", "a value could not be used, and was left out"
    CALL_EMPTY = "call_empty", "a function call without a name and arguments is no call"
    CALL_EXTRA = "call_extra", "more than one function is called; the first call counts"
    USAGE_MISSING = "usage_missing", "the last frame has no token counts"
    USAGE_UNUSUAL = "usage_unusual", "the token counts are incomplete or no counts"
    USAGE_EARLY = "usage_early", "token counts came before the last frame"
    HALF_CHARACTER = "half_character", "a character was cut in two, and put together"
    LONE_SURROGATE = "lone_surrogate", "half a character has no other half; U+FFFD stands for it"
    BYTE_ORDER_MARK = "byte_order_mark", "a byte order mark stands before a frame"
    DONE_MISSING = "done_missing", "an answer is whole, and the event that says so did not come"
    FINISH_UNUSUAL = "finish_unusual", "the answer ends for a reason that is not documented"
    CALLS_OF_ANOTHER_FORM = "calls_of_another_form", "tool calls are no list of objects"
    CALL_REPEATED = "call_repeated", "a tool call, or its id, came twice in an answer"
    BASE64_IN_LINES = "base64_in_lines", "base64 has spaces or line ends"


_counters = {kind: iter(range(sys.maxsize)) for kind in Deviation}
"""Iterators, which lose no increment whichever threads share them."""


def deviation_counts() -> dict[str, int]:
    """Return how many answers of this process had a deviation, by its name."""
    met = {kind.value: sys.maxsize - length_hint(left) for kind, left in _counters.items()}
    return {name: number for name, number in met.items() if number}


def _record(kind: Deviation) -> None:
    if next(_counters[kind]) == 0:
        _LOG.warning(
            "Spark's answer is read, although it is not as documented: %s, %s. "
            "Responses name it in `deviations`; this is said once.",
            kind.value,
            kind.meaning,
        )


class Deviations:
    """Those of one answer."""

    def __init__(self, strict: bool = False) -> None:
        """Start with none.

        Args:
            strict: whether each is an error.
        """
        self._strict = strict
        self._kinds: dict[Deviation, None] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, in the order in which they were met."""
        return tuple(kind.value for kind in self._kinds)

    def __contains__(self, kind: Deviation) -> bool:
        return kind in self._kinds

    def add(self, kind: Deviation) -> None:
        """Note a deviation; once is enough for an answer.

        Raises:
            ProtocolError: when strict.
        """
        if kind in self._kinds:
            return
        if self._strict:
            raise ProtocolError(
                f"Spark's answer is not as documented: {kind.value}, {kind.meaning}",
                hint="leave strict=True out to read such answers",
            )
        self._kinds[kind] = None
        _record(kind)

    def update(self, found: Seen) -> None:
        """Note all of a frame's."""
        for kind in found:
            self.add(kind)


class Seen(dict[Deviation, None]):
    """Those of a frame of which it is not sure yet that it is no error; none is counted."""

    def add(self, kind: Deviation) -> None:
        """Remember a deviation."""
        self[kind] = None
