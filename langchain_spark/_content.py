"""LangChain's content blocks to text and images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from iflytek_spark import ImagePart, InvalidRequestError, Part, TextPart

Content: TypeAlias = str | list[str | dict[str, Any]]

_TOOL_BLOCKS = (
    "tool_use",
    "tool_call",
    "invalid_tool_call",
    "tool_result",
    "input_json_delta",
)
_REASONING_BLOCKS = ("reasoning", "thinking", "redacted_thinking")


def texts_of(content: Content) -> str:
    """Return the text of an assistant's or a tool's content: a string, or blocks.

    Blocks that other providers made are passed over, since a history may come from anywhere.
    """
    if isinstance(content, str):
        return content
    return "".join(_texts(content))


def _texts(content: list[str | dict[str, Any]]) -> Iterator[str]:
    for block in content:
        if isinstance(block, str):
            yield block
        elif block.get("type") in ("text", "text-plain"):
            yield str(block.get("text", ""))


def parts_of(content: Content, where: str) -> str | tuple[Part, ...]:
    """Return the parts of a human message.

    Args:
        content: a string or blocks of text and images.
        where: the message's place, for errors.

    Returns:
        The text when there is nothing else, or the parts in order.

    Raises:
        InvalidRequestError: for a block that Spark cannot take; it names the block's type.
    """
    if isinstance(content, str):
        return content
    parts = [part for block in content if (part := _part(block, where)) is not None]
    if all(isinstance(part, TextPart) for part in parts):
        return "".join(part.text for part in parts if isinstance(part, TextPart))
    return tuple(parts)


def _part(block: str | Mapping[str, Any], where: str) -> Part | None:
    if isinstance(block, str):
        return TextPart(block)
    block_type = block.get("type")
    if block_type in ("text", "text-plain"):
        return TextPart(str(block.get("text", "")))
    if block_type in ("image", "image_url"):
        return ImagePart(url=_image_url(block, where))
    if block_type in _TOOL_BLOCKS or block_type in _REASONING_BLOCKS:
        return None
    raise InvalidRequestError(
        f"{where}.content holds a block of type {block_type!r}", hint="Spark takes text and images"
    )


def _image_url(block: Mapping[str, Any], where: str) -> str:
    """Return the image's address; bytes become a data URL.

    Forms: OpenAI's ``image_url``; LangChain's ``url`` or ``base64`` (``data`` in version 0);
    Anthropic's ``source``.
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
    if isinstance(data, str):
        mime_type = block.get("mime_type", block.get("media_type", "image/png"))
        return f"data:{mime_type};base64,{data}"
    raise InvalidRequestError(
        f"{where}.content holds an image without url or base64",
        hint="a file id of another provider cannot be used",
    )
