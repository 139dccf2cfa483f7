"""Adds the events of an answer up."""

from __future__ import annotations

from iflytek_spark.errors import StreamInterruptedError
from iflytek_spark.messages import ChatResponse, Citation, PluginResult, ToolCall
from iflytek_spark.protocol.events import (
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    ToolCallDelta,
)


class ResponseBuilder:
    """Collects events into a :class:`~iflytek_spark.messages.ChatResponse`."""

    def __init__(self, model: str) -> None:
        """Start empty, for a response that carries this model's name."""
        self._model = model
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._tool_calls: list[ToolCall] = []
        self._citations: list[Citation] = []
        self._plugins: list[PluginResult] = []
        self._finished: Finished | None = None

    def add(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case ContentDelta():
                self._text.append(event.text)
            case ReasoningDelta():
                self._reasoning.append(event.text)
            case ToolCallDelta(call):
                self._tool_calls.append(call)
            case Citations(citations, plugin):
                self._citations.extend(citations)
                self._plugins.append(plugin)
            case _:
                self._finished = event

    def received(self) -> str:
        """Return the text that has come so far: reasoning, answer and arguments of calls."""
        return "".join(
            (*self._reasoning, *self._text, *(call.arguments for call in self._tool_calls))
        )

    def build(self) -> ChatResponse:
        """Return the whole answer.

        Raises:
            StreamInterruptedError: when the answer is not whole.
        """
        end = self._finished
        if end is None:
            raise StreamInterruptedError("the answer was not read to its end")
        return ChatResponse(
            text="".join(self._text),
            reasoning="".join(self._reasoning),
            tool_calls=tuple(self._tool_calls),
            citations=tuple(self._citations),
            plugins=tuple(self._plugins),
            usage=end.usage,
            finish_reason=end.finish_reason,
            sid=end.sid,
            model=self._model,
            deviations=end.deviations,
            ignored=end.ignored,
            wire=end.wire,
        )
