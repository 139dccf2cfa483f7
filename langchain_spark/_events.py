"""The core's events as LangChain's streaming protocol (``stream_events(version="v3")``).

LangChain can derive these from chunks, at ten times the cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from langchain_protocol.protocol import MessagesData

from iflytek_spark import (
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    ToolCall,
    ToolCallDelta,
)
from langchain_spark._convert import PROVIDER, to_annotations, to_metadata, to_tool_call, to_usage


class EventWriter:
    """Writes one message: blocks numbered from 0, each started, grown and finished."""

    def __init__(self, model: str, message_id: str) -> None:
        """Start before the first block."""
        self._model = model
        self._message_id = message_id
        self._index = -1
        self._block_type = ""
        self._deltas: list[str] = []
        self._citations: list[dict[str, Any]] = []
        self._plugins: list[dict[str, Any]] = []

    def start(self) -> MessagesData:
        """Return the message's first event."""
        return _event(
            "message-start",
            role="ai",
            id=self._message_id,
            metadata={"provider": PROVIDER, "model": self._model},
        )

    def write(self, event: Event) -> Iterator[MessagesData]:
        """Yield what one event of the core stands for."""
        match event:
            case ContentDelta():
                yield from self._grow("text", event.text)
            case ReasoningDelta():
                yield from self._grow("reasoning", event.text)
            case ToolCallDelta(call):
                yield from self._tool_call(call)
            case Citations(citations, plugin):
                self._citations += to_annotations(citations)
                self._plugins.append(plugin._asdict())
            case Finished():
                yield from self._close()
                yield self._finish(event)

    def _grow(self, block_type: str, text: str) -> Iterator[MessagesData]:
        if self._block_type != block_type:
            yield from self._close()
            self._index += 1
            self._block_type = block_type
            yield self._block("start", {"type": block_type, block_type: ""})
        self._deltas.append(text)
        delta = {"type": f"{block_type}-delta", block_type: text}
        yield _event("content-block-delta", index=self._index, delta=delta)

    def _close(self) -> Iterator[MessagesData]:
        if not self._block_type:
            return
        block: dict[str, Any] = {"type": self._block_type, self._block_type: "".join(self._deltas)}
        if self._block_type == "text" and self._citations:
            block["annotations"] = self._citations
        self._block_type, self._deltas = "", []
        yield self._block("finish", block)

    def _tool_call(self, call: ToolCall) -> Iterator[MessagesData]:
        yield from self._close()
        self._index += 1
        chunk = {"type": "tool_call_chunk", "id": call.id, "name": call.name, "args": ""}
        yield self._block("start", chunk)
        delta = {"type": "tool-call-delta", "args": call.arguments}
        yield _event("content-block-delta", index=self._index, delta=delta)
        yield self._block("finish", dict(to_tool_call(call)))

    def _block(self, stage: str, content: dict[str, Any]) -> MessagesData:
        return _event(f"content-block-{stage}", index=self._index, content=content)

    def _finish(self, end: Finished) -> MessagesData:
        metadata = to_metadata(end, self._model)
        if self._plugins:
            metadata["plugins"] = self._plugins
        fields: dict[str, Any] = {"metadata": metadata}
        if usage := to_usage(end.usage):
            fields["usage"] = usage
        return _event("message-finish", **fields)


def _event(name: str, **fields: Any) -> MessagesData:
    return cast("MessagesData", {"event": name, **fields})
