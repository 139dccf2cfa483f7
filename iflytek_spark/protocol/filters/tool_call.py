"""An answer without a tool call is refused where one was demanded."""

from __future__ import annotations

from iflytek_spark.errors import ToolNotCalledError
from iflytek_spark.protocol.events import Citations, ContentDelta, Event, Events, Finished


def require_tool_call(events: Events) -> Events:
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
