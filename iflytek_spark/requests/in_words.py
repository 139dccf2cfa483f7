"""What a conversation holds beside the texts of its turns, put in words.

The WebSocket carries roles, texts and one image. Who speaks, what cannot be shown and which image
is an older one would vanish on the way, so each becomes words in its place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from iflytek_spark.messages import ImagePart, Message, Part, TextPart, UnsupportedPart
from iflytek_spark.requests.prompts import SPEAKER

_MARKUP = re.compile(r"<(?=\s*/?\s*tool_(?:call|result))", re.IGNORECASE)
_FILE_TYPES = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
}
_DATA_URL = re.compile(r"data:(image/[\w.+-]+)[^,]*,", re.IGNORECASE)


def put_in_words(
    messages: Sequence[Message], changes: Counter[str], *, guard_markup: bool, all_images: bool
) -> Iterator[Message]:
    r"""Put in words what the service has no field for.

    Args:
        messages: checked messages, the newest last.
        changes: counts what was changed, for the log.
        guard_markup: whether the conversation has tools, whose calls and results are lines of
            text: then ``<tool_call>`` and ``<tool_result>`` in any text that this library did
            not write become ``<\tool_call>`` and ``<\tool_result>``, so that nobody's words
            can be read as a call or a result.
        all_images: whether the service takes any number of images.

    Yields:
        The messages, with text and the users' images: all, or the newest.
    """
    shown = max((at for at, one in enumerate(messages) if shows_image(one)), default=None)
    assistants = {message.name for message in messages if message.role == "assistant"} - {""}
    for at, message in enumerate(messages):
        most = len(message.images) if all_images and message.role == "user" else int(at == shown)
        changed = _without_other_parts(message, most, changes)
        if message.role == "user" or (message.role == "assistant" and len(assistants) > 1):
            changed = _with_speaker(changed, changes)
        if guard_markup and message.role != "tool":
            changed = _with_guarded_markup(changed, changes)
        yield changed


def shows_image(message: Message) -> bool:
    """Whether a message shows an image that can be looked at: one that the user sent."""
    return message.role == "user" and not isinstance(message.content, str) and bool(message.images)


def _without_other_parts(message: Message, most: int, changes: Counter[str]) -> Message:
    """Keep texts, and the newest images, ``most`` of them."""
    if isinstance(message.content, str):
        return message
    parts: list[Part] = []
    for part in reversed(message.content):
        kept = isinstance(part, TextPart) or (most > 0 and isinstance(part, ImagePart))
        if kept and isinstance(part, ImagePart):
            most -= 1
        if not kept:
            changes["content that is not shown"] += 1
        parts.append(part if kept else TextPart(_notice(part)))
    return replace(message, content=tuple(reversed(parts)))


def _notice(part: Part) -> str:
    if isinstance(part, ImagePart):
        return unsupported_image(part).notice
    return part.notice if isinstance(part, UnsupportedPart) else part.text


def unsupported_image(image: ImagePart) -> UnsupportedPart:
    """Return what is known of an image that is not shown."""
    if image.data:
        types = (name for head, name in _FILE_TYPES.items() if image.data.startswith(head))
        return UnsupportedPart("image", next(types, ""), len(image.data))
    match = _DATA_URL.match(image.url)
    if match is None:
        return UnsupportedPart("image")
    return UnsupportedPart("image", match[1].lower(), (len(image.url) - match.end()) * 3 // 4)


def _with_speaker(message: Message, changes: Counter[str]) -> Message:
    name = " ".join(message.name.split())
    if not name or not (message.text.strip() or message.images):
        return message
    changes["name of a speaker"] += 1
    if isinstance(message.content, str):
        return replace(message, content=SPEAKER.format(name, message.content))
    parts = list(message.content)
    first = next((at for at, part in enumerate(parts) if isinstance(part, TextPart)), None)
    if first is None:
        parts.append(TextPart(SPEAKER.format(name, "").strip()))
    else:
        parts[first] = TextPart(SPEAKER.format(name, _text(parts[first])))
    return replace(message, content=tuple(parts))


def _text(part: Part) -> str:
    return part.text if isinstance(part, TextPart) else ""


def _with_guarded_markup(message: Message, changes: Counter[str]) -> Message:
    found = len(_MARKUP.findall(message.text))
    if not found:
        return message
    changes["markup of a tool in text"] += found
    if isinstance(message.content, str):
        return replace(message, content=guarded(message.content))
    parts = [
        TextPart(guarded(part.text)) if isinstance(part, TextPart) else part
        for part in message.content
    ]
    return replace(message, content=tuple(parts))


def guarded(text: str) -> str:
    """Return a text whose tags of calls and results cannot be read as such."""
    return _MARKUP.sub(r"<\\", text)
