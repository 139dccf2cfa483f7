"""``POST /v1/images/generations``."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue
from pydantic_core import PydanticCustomError, to_json
from starlette.responses import Response

from iflytek_spark import IMAGE_SIZES, MAX_IMAGE_PROMPT, GeneratedImage
from iflytek_spark.gateway.middleware.disconnect import cancel_on_disconnect
from iflytek_spark.gateway.middleware.request_log_record import record_of
from iflytek_spark.gateway.openai.field_types import ModelName, OnlyNull, OnlyOne, Text
from iflytek_spark.gateway.openai.ignored import Mark
from iflytek_spark.gateway.openai.model_names import IMAGE_MODEL, IMAGES_ROUTE
from iflytek_spark.gateway.openai.openapi import documented, suggested
from iflytek_spark.gateway.openai.responses import ImageList
from iflytek_spark.gateway.request_body import read_request
from iflytek_spark.gateway.state import State

router = APIRouter()

_SIZES = {f"{width}x{height}": (width, height) for width, height in IMAGE_SIZES}
_DEFAULT_SIZE = "512x512"
_EXAMPLE: JsonValue = {"prompt": "雪山下的小屋", "size": _DEFAULT_SIZE}
_FORMATS: Mapping[bytes, Literal["png", "jpeg"]] = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg"}
"""How image files begin: no source says which format Spark sends (PROTOCOL.md §7)."""


def _legal_size(value: str) -> str:
    if value not in _SIZES:
        raise PydanticCustomError(
            "size", "Spark makes none of this; the sizes are {sizes}", {"sizes": ", ".join(_SIZES)}
        )
    return value


def _no_url(value: object) -> object:
    if value == "url":
        raise PydanticCustomError(
            "url", "the gateway keeps no image that a URL could lead to; ask for b64_json"
        )
    return value


class ImageGenerationRequest(BaseModel):
    """The body of ``POST /v1/images/generations``."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [_EXAMPLE]}
    )

    prompt: Annotated[Text, Field(max_length=MAX_IMAGE_PROMPT)]
    model: Annotated[ModelName, Field(json_schema_extra=suggested([IMAGE_MODEL]))] | None = None
    n: OnlyOne | None = None
    size: (
        Annotated[str, AfterValidator(_legal_size), Field(json_schema_extra={"enum": [*_SIZES]})]
        | None
    ) = None
    response_format: Annotated[Literal["b64_json"] | None, BeforeValidator(_no_url)] = None
    quality: Annotated[Literal["auto", "standard"] | None, Mark.TUNING] = None
    background: Literal["auto"] | None = None
    moderation: Annotated[Literal["auto"] | None, Mark.TUNING] = None
    user: Annotated[str | None, Mark.TUNING, Mark.UNUSED] = None
    style: Annotated[OnlyNull, Mark.TUNING] = None
    output_format: OnlyNull = None


@router.post("/v1/images/generations", **documented(ImageList, ImageGenerationRequest))
async def create_image(request: Request, state: State) -> Response:
    """Make an image from a description."""
    record = record_of(request.scope)
    body = (await read_request(request, state, ImageGenerationRequest)).body
    if body.model is not None:
        state.model_names.service_model(body.model, IMAGES_ROUTE)
    client = state.upstream.client(request.headers)
    record.use_model(IMAGE_MODEL)
    record.texts = 1
    size = body.size or _DEFAULT_SIZE
    width, height = _SIZES[size]
    work = client.generate_image(body.prompt, width=width, height=height)
    image = await cancel_on_disconnect(request.receive, work)
    record.sid = image.sid
    return Response(to_json(_images(image, size)), media_type="application/json")


def _images(image: GeneratedImage, size: str) -> ImageList:
    formats = (name for start, name in _FORMATS.items() if image.data.startswith(start))
    return {
        "created": int(time.time()),
        "data": [{"b64_json": base64.b64encode(image.data).decode()}],
        "output_format": next(formats, None),
        "size": size,
        "sid": image.sid,
    }
