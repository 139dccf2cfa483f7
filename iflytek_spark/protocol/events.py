"""What a running answer tells its reader, one frozen value at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from iflytek_spark.messages import Citation, FinishReason, PluginResult, ToolCall, Usage, Wire


@dataclass(frozen=True, slots=True)
class ContentDelta:
    """The next piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """The next piece of the model's thoughts, before the answer (PROTOCOL.md §5)."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A whole tool call; over HTTP an answer may have several (PROTOCOL.md §3, §9).

    Attributes:
        call: the call.
        index: which of the answer's calls it is, from 0.
    """

    call: ToolCall
    index: int = 0


@dataclass(frozen=True, slots=True)
class Citations:
    """What a plugin of the service found (PROTOCOL.md §4).

    Attributes:
        citations: the pages; empty when the plugin's content has another form.
        plugin: the plugin's result as it came.
    """

    citations: tuple[Citation, ...]
    plugin: PluginResult


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a whole answer. It comes exactly once, and last.

    Attributes:
        finish_reason: why the answer ended.
        usage: token counts; None when the answer was cut at a stop string, because Spark
            counts in the last frame only.
        sid: Spark's session id.
        deviations: the names of what was not as documented in the answer, and was tolerated; see
            :class:`~iflytek_spark.protocol.deviations.Deviation`.
        ignored: the names of options that were left out or brought into range.
        wire: over which wire the answer came.
        stop: the stop string at which this library cut the answer, or an empty string.
    """

    finish_reason: FinishReason
    usage: Usage | None
    sid: str
    deviations: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    wire: Wire = "websocket"
    stop: str = ""


Event: TypeAlias = ContentDelta | ReasoningDelta | ToolCallDelta | Citations | Finished
Events: TypeAlias = tuple[Event, ...]
"""Those of one message."""
