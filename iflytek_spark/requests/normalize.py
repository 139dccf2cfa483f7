"""Puts a conversation into the order that Spark accepts (PROTOCOL.md §4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import ImagePart, Message, TextPart
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.requests.fallbacks import prepare_turns

_ROLES = ("system", "user", "assistant", "tool")


def normalize_messages(messages: str | Sequence[Message], spec: ModelSpec) -> tuple[Message, ...]:
    """Check messages and put them into Spark's order.

    The order is that of the model's dialect; see :mod:`iflytek_spark.requests.fallbacks`.
    Assistant and system messages without content are left out.

    Args:
        messages: a prompt, or messages with the newest last.
        spec: the model.

    Returns:
        The turns, the last of the user or, where there is such a role, of a tool.

    Raises:
        InvalidRequestError: when there is nothing to send, the last turn is not the user's, a
            content is not text or image, or the model cannot take its images.
    """
    if not isinstance(messages, str | list | tuple):
        raise InvalidRequestError(
            f"messages is a {type(messages).__name__}, not a list", param="messages"
        )
    turns = prepare_turns(_checked(messages), spec)
    if not turns or turns[-1].role not in ("user", "tool"):
        raise InvalidRequestError(
            "messages must end with a user message",
            hint="an assistant's text cannot be continued; ask with a user message",
            param="messages",
        )
    _check_images(turns, spec)
    return tuple(turns)


def _checked(messages: str | Sequence[Message]) -> Iterable[Message]:
    if isinstance(messages, str):
        messages = (Message("user", messages),)
    if not messages:
        raise InvalidRequestError(
            "messages is empty", hint="send at least one user message", param="messages"
        )
    for index, message in enumerate(messages):
        _check_message(message, f"messages[{index}]")
        if message.text.strip() or message.images or message.tool_calls or message.role == "tool":
            yield message
        elif message.role == "user":
            place = f"messages[{index}].content"
            raise InvalidRequestError(f"{place} is empty", param=place)


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
        case TextPart(str()) | ImagePart(bytes()):
            return
    raise InvalidRequestError(
        f"{where}.content holds a {type(part).__name__} that is no part", param=f"{where}.content"
    )


def _check_text(message: Message, where: str) -> None:
    try:
        message.text.encode()
        "".join(call.name + call.arguments + call.id for call in message.tool_calls).encode()
    except UnicodeEncodeError:
        raise InvalidRequestError(
            f"{where}.content holds half a surrogate pair",
            hint="decode the text again",
            param=f"{where}.content",
        ) from None


def _check_images(turns: list[Message], spec: ModelSpec) -> None:
    images = [image for turn in turns for image in turn.images]
    if images and not spec.images:
        raise InvalidRequestError(
            f"model {spec.name!r} cannot look at images",
            hint='use model="image"',
            param="messages",
        )
    if spec.images and len(images) != 1:
        raise InvalidRequestError(
            f"image understanding takes one image, these messages hold {len(images)}",
            param="messages",
        )
