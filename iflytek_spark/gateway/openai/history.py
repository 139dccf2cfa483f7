"""The messages of a chat, as clients of OpenAI, Ollama, Anthropic, Gemini and LangChain write them.

What is known is typed, and refused by name when it is wrong; all else is taken as it is, since a
client sends back what it once received. The core reads it (``iflytek_spark.adapters``), and puts
in words what Spark cannot be shown.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, JsonValue, Tag, model_validator
from pydantic_core import PydanticCustomError

MAX_IMAGES = 64
"""Of a message; the newest is looked at."""

_TYPED = ("text", "image_url")
_OTHER = "other"


class Lenient(BaseModel):
    """A part of a request. Clients send responses back as they came, with further fields."""

    model_config = ConfigDict(strict=True, extra="ignore")


class TextContent(Lenient):
    """A piece of text."""

    type: Literal["text"]
    text: str


class ImageURL(Lenient):
    """Where an image is: an address of http or https, or a data URL."""

    url: str = Field(min_length=1)
    detail: str | None = None


class ImageContent(Lenient):
    """An image; in place of the object its address alone."""

    type: Literal["image_url"]
    image_url: Annotated[
        ImageURL | Annotated[str, Field(min_length=1)], Field(union_mode="left_to_right")
    ]


class OtherContent(BaseModel):
    """Content of any provider's: of OpenAI's Responses, Anthropic's, Gemini's, of a tool of MCP."""

    model_config = ConfigDict(strict=True, extra="allow")

    type: Annotated[str | None, Field(json_schema_extra={"not": {"enum": [*_TYPED]}})] = None


class HistoryPart(BaseModel):
    """A part that names its kind, as the newer forms of OpenAI and Anthropic demand."""

    model_config = ConfigDict(strict=True, extra="allow")

    type: str = Field(min_length=1)


HistoryContent: TypeAlias = Annotated[list[HistoryPart] | str, Field(union_mode="left_to_right")]
"""Parts, or a text alone; which is tried first is told at :data:`Content`."""


def _kind(part: object) -> str | None:
    if isinstance(part, TextContent | ImageContent | OtherContent):
        return part.type if part.type in _TYPED else _OTHER
    if isinstance(part, str):
        return "str"
    kind = part.get("type") if isinstance(part, dict) else None
    if kind in _TYPED:
        return str(kind)
    return _OTHER if isinstance(part, dict) else None


Part: TypeAlias = Annotated[
    Annotated[TextContent, Tag("text")]
    | Annotated[ImageContent, Tag("image_url")]
    | Annotated[OtherContent, Tag(_OTHER)]
    | Annotated[str, Tag("str")],
    Discriminator(_kind, custom_error_type="part", custom_error_message="it is no part"),
]
"""A part of a message."""

Content: TypeAlias = Annotated[list[Part] | str | Part, Field(union_mode="left_to_right")] | None
"""What a message says and shows; OpenAI's own messages need it, but for an assistant's calls.

Each form that is tried and does not fit costs a copy of the whole, so the form of images is first.
"""

Id: TypeAlias = str | int | None
"""Of a tool call; Ollama and some others give none."""


class SystemMessage(Lenient):
    """An instruction."""

    role: Literal["system", "developer"]
    content: Content = None
    name: str | None = None


class UserMessage(Lenient):
    """What the user says and shows."""

    role: Literal["user", "human"]
    name: str | None = None
    content: Content = None
    images: list[str] | None = Field(
        None, max_length=MAX_IMAGES, description="As Ollama takes them: base64 without a type"
    )


class CalledFunction(Lenient):
    """A function and its arguments: a JSON text, or an object."""

    name: str = Field(min_length=1)
    arguments: JsonValue = None


class CustomCall(Lenient):
    """A call with a text in place of arguments."""

    name: str = Field(min_length=1)
    input: JsonValue = None


class PreviousToolCall(Lenient):
    """A tool call of an earlier answer: of OpenAI's form, or flat, as LangChain writes it."""

    id: Id = None
    type: str | None = None
    function: CalledFunction | None = None
    custom: CustomCall | None = None
    name: str | None = None
    args: JsonValue = None
    arguments: JsonValue = None

    @model_validator(mode="after")
    def _require_function(self) -> Self:
        if not (self.function or self.custom or self.name):
            raise PydanticCustomError("function", "it names no function")
        return self


class AssistantMessage(Lenient):
    """An earlier answer."""

    role: Literal["assistant", "ai", "model"]
    content: Content = None
    refusal: str | None = None
    name: str | None = None
    tool_calls: list[PreviousToolCall] | None = None
    function_call: CalledFunction | None = None


class ToolMessage(Lenient):
    """The result of a tool call, of the oldest one without a result where it names none."""

    role: Literal["tool", "function"]
    content: JsonValue = None
    tool_call_id: Id = None
    name: str | None = None
    tool_name: str | None = None


AnyMessage: TypeAlias = Annotated[
    SystemMessage | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")
]
