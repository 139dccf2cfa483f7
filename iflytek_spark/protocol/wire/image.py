"""The bodies of the image generation service, both halves (PROTOCOL.md §7).

This is the only place that knows the service's JSON keys.
"""

from __future__ import annotations

import base64
from typing import Annotated, Any, NamedTuple, Required

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from iflytek_spark.errors import InvalidRequestError, ProtocolError
from iflytek_spark.models.services import IMAGE_SIZES, MAX_IMAGE_PROMPT, GeneratedImage
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.wire.envelope import (
    RequestHeader,
    read_payload,
    read_request,
    write_answer,
    write_request,
)
from iflytek_spark.protocol.wire.lenient import note_unknown, object_of, objects_of, read_base64

DOMAIN = "general"
"""The one model of the service."""

_LAST = 2
_USUAL = 512
"""Pixels of a side that the request does not name."""


def check_image_request(prompt: str, width: int, height: int) -> None:
    """Refuse what the service would refuse.

    Raises:
        InvalidRequestError: for a prompt that is empty or too long, or a size in pixels that the
            service does not make; it names the sizes that it does.
    """
    if not isinstance(prompt, str) or not prompt.strip():
        raise InvalidRequestError("prompt is not a text, or empty")
    if len(prompt) > MAX_IMAGE_PROMPT:
        raise InvalidRequestError(
            f"prompt has {len(prompt)} characters", hint=f"Spark takes at most {MAX_IMAGE_PROMPT}"
        )
    if (width, height) not in IMAGE_SIZES:
        legal = ", ".join(f"{wide}x{high}" for wide, high in IMAGE_SIZES)
        raise InvalidRequestError(
            f"Spark makes no images of {width}x{height} pixels", hint=f"the sizes are {legal}"
        )


_PAYLOAD_KEYS = frozenset(("choices",))
_CHOICES_KEYS = frozenset(("status", "seq", "text"))
_TEXT_KEYS = frozenset(("content", "index", "role", "content_type", "content_meta"))


def encode_image_request(prompt: str, width: int, height: int, app_id: str, uid: str) -> bytes:
    """Write the JSON body that asks for an image of so many pixels."""
    parameter = {"chat": {"domain": DOMAIN, "width": width, "height": height}}
    payload = {"message": {"text": [{"role": "user", "content": prompt}]}}
    return write_request(app_id, uid, parameter, payload)


def decode_image(data: bytes | str, noted: Deviations | None = None) -> GeneratedImage:
    """Read the image in the body of an answer.

    Args:
        data: the body.
        noted: where deviations are noted.

    Raises:
        APIError: for an error of the service.
        ProtocolError: when there is no image.
    """
    noted = noted or Deviations()
    sid, payload = read_payload(data, noted)
    note_unknown(payload, _PAYLOAD_KEYS, noted)
    choices = object_of(payload, "choices", noted)
    note_unknown(choices, _CHOICES_KEYS, noted)
    texts = objects_of(choices, "text", noted)
    if not texts:
        raise ProtocolError("Spark sent an answer without an image", sid=sid)
    note_unknown(texts[0], _TEXT_KEYS, noted)
    image = read_base64(texts[0], "content", noted)
    if image is None:
        raise ProtocolError("Spark sent an image that is not base64", sid=sid)
    if not image:
        raise ProtocolError("Spark sent an empty image", sid=sid)
    return GeneratedImage(image, sid, noted.names)


class ImageRequest(NamedTuple):
    """A request as it stands on the wire: its form is right, its values are unchecked.

    Attributes:
        app_id: the app's id.
        uid: the user's id, or an empty string.
        domain: the model's name on the wire.
        prompt: what the image is to show.
        width: pixels.
        height: pixels.
    """

    app_id: str
    uid: str
    domain: str
    prompt: str
    width: int
    height: int


class _Chat(TypedDict, total=False):
    domain: Required[str]
    width: int
    height: int


class _Parameter(TypedDict):
    chat: _Chat


class _Turn(TypedDict):
    role: str
    content: str


class _Message(TypedDict):
    text: Annotated[list[_Turn], Field(min_length=1)]


class _Payload(TypedDict):
    message: _Message


class _Request(TypedDict):
    header: RequestHeader
    parameter: _Parameter
    payload: _Payload


_REQUEST: TypeAdapter[_Request] = TypeAdapter(_Request)


def decode_image_request(data: bytes) -> ImageRequest:
    """Read the body of a request, as the service does.

    Raises:
        RequestRefusedError: when it has another form.
    """
    request = read_request(_REQUEST, data)
    header, chat = request["header"], request["parameter"]["chat"]
    return ImageRequest(
        app_id=header["app_id"],
        uid=header.get("uid", ""),
        domain=chat["domain"],
        prompt=request["payload"]["message"]["text"][-1]["content"],
        width=chat.get("width", _USUAL),
        height=chat.get("height", _USUAL),
    )


def encode_image_answer(sid: str, image: bytes) -> bytes:
    """Write the JSON body of an answer, as the service does."""
    packed = base64.b64encode(image).decode()
    text: dict[str, Any] = {"content": packed, "index": 0, "role": "assistant"}
    payload = {"choices": {"status": _LAST, "seq": 0, "text": [text]}}
    return write_answer(sid, "Success", payload, status=_LAST)
