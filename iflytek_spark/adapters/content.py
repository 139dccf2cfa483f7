"""Content blocks of any provider as the core's parts, calls and results.

A history may come from OpenAI (chat and Responses), Anthropic, LangChain or a tool of MCP. What is
known is read, reasoning and marks of caches are left out, and all else becomes an
:class:`~iflytek_spark.UnsupportedPart`, so that nothing vanishes and nothing stops a conversation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from iflytek_spark.messages import (
    ImagePart,
    Message,
    Part,
    Role,
    TextPart,
    ToolCall,
    UnsupportedPart,
)
from iflytek_spark.requests.tool_arguments import normal_arguments

Block: TypeAlias = Mapping[str, Any]

_TEXTS = ("text", "text-plain", "input_text", "output_text", "refusal")
_IMAGES = ("image", "image_url", "input_image")
_CALLS = ("tool_use", "tool_call", "function_call", "invalid_tool_call")
_RESULTS = ("tool_result", "function_call_output")
_LEFT_OUT = (
    "reasoning",
    "thinking",
    "redacted_thinking",
    "citation",
    "cachePoint",
    "input_json_delta",
    "tool_call_chunk",
)
"""Other models' reasoning is not for Spark; citations repeat the text; the rest is no content."""
_MIME_TYPES = ("mime_type", "media_type", "mimeType")
_WRAPPED = ("value", "json", "source", "resource", "content")


@dataclass(frozen=True, slots=True)
class Content:
    """What a message's content holds.

    Attributes:
        parts: texts, images, and what cannot be shown, in order.
        calls: calls of tools that stand among the blocks.
        results: results of tools, as messages, that stand among the blocks.
    """

    parts: tuple[Part, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    results: tuple[Message, ...] = ()

    @property
    def text_or_parts(self) -> str | tuple[Part, ...]:
        """The parts, or where they are texts alone one text, in which each begins a line."""
        texts = [part.text for part in self.parts if isinstance(part, TextPart)]
        return "\n".join(filter(None, texts)) if len(texts) == len(self.parts) else self.parts


def read_content(content: object) -> Content:
    """Read the content of a message of any provider's.

    Args:
        content: None, a text, a block, or a list of texts and blocks.

    Returns:
        What it holds; a value of another kind is written as JSON.
    """
    if isinstance(content, str):  # as nearly every message is
        return Content((TextPart(content),))
    found = list(_read(content))
    return Content(
        tuple(one for one in found if isinstance(one, TextPart | ImagePart | UnsupportedPart)),
        tuple(one for one in found if isinstance(one, ToolCall)),
        tuple(one for one in found if isinstance(one, Message)),
    )


def messages_of(
    role: Role,
    content: object,
    *,
    calls: Sequence[ToolCall] = (),
    tool_call_id: str = "",
    failed: bool = False,
    name: str = "",
    reasoning: str = "",
) -> Iterator[Message]:
    """Translate one message of any provider's; calls and results among its blocks stand apart.

    Args:
        role: who speaks.
        content: as :func:`read_content` takes it.
        calls: the calls that stand beside the content; one of the same id among the blocks is the
            same call.
        tool_call_id: of a tool message the call that it answers.
        failed: of a tool message whether the tool failed.
        name: who speaks, or the tool.
        reasoning: what an assistant thought before it spoke.

    Yields:
        The core's messages, at least one.
    """
    read = read_content(content)
    calls = tuple(calls)
    if read.calls:
        known = {call.id for call in calls}
        calls += tuple(call for call in read.calls if not calls or call.id not in known)
    parts = read.text_or_parts
    if role == "assistant":
        yield Message(role, parts, tool_calls=calls, name=name, reasoning=reasoning)
        yield from read.results
        return
    if calls:
        yield Message("assistant", "", tool_calls=calls)
    yield from read.results
    if parts or not (calls or read.results):
        yield Message(role, parts, tool_call_id=tool_call_id, failed=failed, name=name)


def _read(content: object) -> Iterator[Part | ToolCall | Message]:
    match content:
        case None:
            return
        case str():
            yield TextPart(content)
        case Mapping():
            yield from _block(content, str(content.get("type") or ""))
        case list() | tuple():
            for block in content:
                yield from _read(block)
        case _:
            yield TextPart(_json(content))


def _block(block: Block, kind: str) -> Iterator[Part | ToolCall | Message]:
    text = block.get("refusal" if kind == "refusal" else "text")
    if not kind:
        yield TextPart(text if isinstance(text, str) else _json(dict(block)))
    elif kind in _TEXTS and isinstance(text, str):
        yield TextPart(text)
    elif kind in _IMAGES:
        url = image_url(block)
        yield ImagePart(url=url) if url else UnsupportedPart(f"{kind} without url or base64")
    elif kind in _CALLS:
        yield _call(block)
    elif kind in _RESULTS:
        yield _result(block)
    elif kind not in _LEFT_OUT:
        yield from _other(block, kind)


def _call(block: Block) -> ToolCall:
    given = (block.get(name) for name in ("args", "input", "arguments"))
    arguments = next((value for value in given if value is not None), None)
    return ToolCall(
        str(block.get("call_id") or block.get("id") or ""),
        str(block.get("name") or ""),
        normal_arguments(arguments),
    )


def _result(block: Block) -> Message:
    given = block.get("tool_use_id") or block.get("call_id") or block.get("tool_call_id")
    content = block.get("content", block.get("output"))
    return Message(
        "tool",
        read_content(content).text_or_parts,
        tool_call_id=str(given or ""),
        failed=bool(block.get("is_error")),
        name=str(block.get("name") or ""),
    )


def _other(block: Block, kind: str) -> Iterator[Part | ToolCall | Message]:
    """Read JSON and text that is wrapped; of anything else tell what it is."""
    if kind in ("json", "non_standard"):
        yield from _read(next((block[name] for name in _WRAPPED if name in block), None))
        return
    wrapped = (block[name] for name in _WRAPPED if isinstance(block.get(name), Mapping))
    inner: Block = next(wrapped, {})
    texts = inner.get("text"), inner.get("data") if inner.get("type") == "text" else None
    text = next((text for text in texts if isinstance(text, str)), None)
    if text is not None:
        yield TextPart(text)
    elif kind == "search_result":
        yield TextPart(str(block.get("title") or ""))
        yield from _read(block.get("content"))
    else:
        yield _unsupported(block, kind)


def _unsupported(block: Block, kind: str) -> UnsupportedPart:
    """Collect type, size and name, which stand in the block or one level deeper."""
    places = [block, *(inner for inner in block.values() if isinstance(inner, Mapping))]
    data = _first(places, "base64", "data", "file_data", "blob")
    return UnsupportedPart(
        kind,
        _first(places, *_MIME_TYPES),
        len(data.rpartition(",")[2]) * 3 // 4,
        _first(places, "filename", "title", "name", "uri"),
    )


def _first(places: Sequence[Block], *names: str) -> str:
    found = (place.get(name) for place in places for name in names)
    return next((value for value in found if isinstance(value, str)), "")


def image_url(block: Block) -> str:
    """Return an image's address, bytes as a data URL, or nothing for a file id.

    Forms: OpenAI's ``image_url``; LangChain's ``url`` or ``base64`` (``data`` in version 0, and of
    MCP); Anthropic's ``source``.
    """
    source = block.get("source")
    if isinstance(source, Mapping):
        block = source
    inner = block.get("image_url", block.get("url"))
    if isinstance(inner, Mapping):
        inner = inner.get("url")
    if isinstance(inner, str):
        return inner
    data = block.get("base64", block.get("data"))
    if not isinstance(data, str):
        return ""
    mime_type = _first([block], *_MIME_TYPES) or "image/png"
    return f"data:{mime_type};base64,{data}"


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return f"[{type(value).__name__}, not shown]"
