"""An answer without a tool call is refused where one was demanded."""

from __future__ import annotations

from iflytek_spark.errors import ToolNotCalledError
from iflytek_spark.protocol.events import (
    Citations,
    ContentDelta,
    Event,
    Events,
    Finished,
    ToolCallDelta,
)


class RequireToolCall:
    """Refuses an answer without a tool call where one must be made.

    The pages of a web search are passed over too: there is no text that cites them, and nothing
    may be seen before it is sure that no second try is needed.
    """

    def __init__(self) -> None:
        """Start at the beginning of an answer."""
        self._called = False

    def __call__(self, events: Events) -> Events:
        """Take the events of one frame.

        Raises:
            ToolNotCalledError: at the first text that is not blank, or at the end.
        """
        if any(map(self._lacks_call, events)):
            raise ToolNotCalledError("the model answered in text although a tool call was required")
        return tuple(event for event in events if not isinstance(event, ContentDelta | Citations))

    def _lacks_call(self, event: Event) -> bool:
        match event:
            case ContentDelta(text):
                return bool(text.strip())
            case ToolCallDelta():
                self._called = True
            case Finished():
                return not self._called
        return False
