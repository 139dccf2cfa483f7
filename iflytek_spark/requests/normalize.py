"""Puts a conversation into the order that Spark accepts (PROTOCOL.md §4).

Any history is taken, from any provider, cut anywhere. The rule, in the order in which it applies:

1. Blank messages are left out; a blank newest message of the user's is refused.
2. What cannot be shown becomes a line, ``[image/png, 12 KB, not shown]``: images that are not the
   user's, all of the user's but the newest, and any other content. In the newest message, which
   asks for it, other content is refused by name.
3. A user's name stands before the words; an assistant's where several speak.
4. Where there are tools, their tags in anybody's text are guarded.
5. Calls and results become lines of text; a result without its call keeps its name, or is one of
   an unknown tool; a call without a result stays as it is.
6. After an assistant's message that stands last, the user says :data:`CONTINUE`.
7. A system message goes first where the model has that role, else into the next user turn; an
   assistant's words before the user's first go into the user's turn; neighbours of one role are
   one turn. System messages alone are the user's.
8. An image without words gets some.

What was changed is logged once a call, at DEBUG, without content.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import ImagePart, Message, Part, TextPart, UnsupportedPart
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.requests.fallbacks import prepare_turns
from iflytek_spark.requests.in_words import put_in_words
from iflytek_spark.requests.prompts import CONTINUE, LOOK
from iflytek_spark.requests.tool_names import WireNames

_LOG = logging.getLogger("iflytek_spark")
_ROLES = ("system", "user", "assistant", "tool")


def normalize_messages(
    messages: str | Sequence[Message],
    spec: ModelSpec,
    *,
    tools: bool = False,
    names: WireNames | None = None,
) -> tuple[Message, ...]:
    """Check messages and put them into Spark's order, by the rule above.

    Args:
        messages: a prompt, or messages with the newest last.
        spec: the model.
        tools: whether tools are offered.
        names: the names of tools that have another one on the wire.

    Returns:
        The turns, the last of the user or, where there is such a role, of a tool.

    Raises:
        InvalidRequestError: when there is nothing to send, a value is no message, the newest
            message holds what Spark cannot take, or the model cannot look at its image.
    """
    if not isinstance(messages, str | list | tuple):
        raise InvalidRequestError(
            f"messages is a {type(messages).__name__}, not a list", param="messages"
        )
    checked = list(_checked(messages))
    if not checked:
        raise InvalidRequestError(
            "messages hold no text", hint="send at least one user message", param="messages"
        )
    changes: Counter[str] = Counter()
    guard = tools or any(message.role == "tool" or message.tool_calls for message in checked)
    worded = list(put_in_words(checked, changes, guard_markup=guard, all_images=spec.vision))
    if worded[-1].role == "assistant":
        changes["turn of the assistant's that stood last"] += 1
        worded.append(Message("user", CONTINUE))
    turns = [_complete(turn, changes) for turn in prepare_turns(worded, spec, names or {})]
    if turns[-1].role == "system":
        changes["system message without a question"] += 1
        turns[-1] = replace(turns[-1], role="user")
    _check_images(turns, spec)
    if changes:
        _LOG.debug("put in words before sending: %s", dict(changes))
    return tuple(turns)


def _complete(turn: Message, changes: Counter[str]) -> Message:
    if not turn.images or turn.text.strip() or isinstance(turn.content, str):
        return turn
    changes["image without words"] += 1
    return replace(turn, content=(*turn.content, TextPart(LOOK)))


def _checked(messages: str | Sequence[Message]) -> Iterable[Message]:
    if isinstance(messages, str):
        messages = (Message("user", messages),)
    if not messages:
        raise InvalidRequestError(
            "messages is empty", hint="send at least one user message", param="messages"
        )
    for index, message in enumerate(messages):
        _check_message(message, f"messages[{index}]")
        newest = index == len(messages) - 1
        if newest and message.role == "user":
            _check_supported(message, f"messages[{index}]")
        if _holds_anything(message):
            yield message
        elif newest and message.role == "user":
            place = f"messages[{index}].content"
            raise InvalidRequestError(f"{place} is empty", param=place)


def _holds_anything(message: Message) -> bool:
    others = () if isinstance(message.content, str) else message.content
    if any(not isinstance(part, TextPart) for part in others):
        return True
    return bool(message.text.strip() or message.tool_calls or message.role == "tool")


def _check_supported(message: Message, where: str) -> None:
    """Refuse by name what the newest message asks for and nobody can look at."""
    for at, part in enumerate(() if isinstance(message.content, str) else message.content):
        if isinstance(part, UnsupportedPart):
            raise InvalidRequestError(
                f"{where}.content holds a block of type {part.kind!r}",
                hint="Spark takes text and images",
                param=f"{where}.content[{at}].type",
            )


def _check_message(message: Message, where: str) -> None:
    if not isinstance(message, Message):
        raise InvalidRequestError(
            f"{where} is a {type(message).__name__}, not a Message", param=where
        )
    if message.role not in _ROLES:
        raise InvalidRequestError(
            f"{where}.role is {message.role!r}",
            hint=f"Spark knows {', '.join(_ROLES)}",
            param=f"{where}.role",
        )
    parts = message.content
    if not isinstance(parts, str | tuple):
        raise InvalidRequestError(
            f"{where}.content is a {type(parts).__name__}; it must be a string or a tuple of parts",
            param=f"{where}.content",
        )
    for part in () if isinstance(parts, str) else parts:
        _check_part(part, where)
    _check_text(message, where)


def _check_part(part: object, where: str) -> None:
    match part:
        case TextPart(str()) | ImagePart(bytes()) | UnsupportedPart():
            return
    raise InvalidRequestError(
        f"{where}.content holds a {type(part).__name__} that is no part", param=f"{where}.content"
    )


def _check_text(message: Message, where: str) -> None:
    try:
        message.text.encode()
        message.name.encode()
        if not isinstance(message.content, str):
            "".join(_notices(message.content)).encode()
        for call in message.tool_calls:
            (call.name + call.arguments + call.id).encode()
    except UnicodeEncodeError:
        raise InvalidRequestError(
            f"{where}.content holds half a surrogate pair",
            hint="decode the text again",
            param=f"{where}.content",
        ) from None


def _notices(parts: Iterable[Part]) -> list[str]:
    return [part.notice for part in parts if isinstance(part, UnsupportedPart)]


def _check_images(turns: list[Message], spec: ModelSpec) -> None:
    images = [image for turn in turns for image in turn.images]
    if images and not spec.images:
        raise InvalidRequestError(
            f"model {spec.name!r} cannot look at images",
            hint='use model="image"',
            param="messages",
        )
    if spec.images and not spec.vision and len(images) != 1:
        raise InvalidRequestError(
            f"image understanding takes one image, these messages hold {len(images)}",
            param="messages",
        )
