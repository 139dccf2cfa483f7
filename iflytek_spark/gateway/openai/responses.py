"""What the routes respond: the types that responses are written through, and OpenAPI follows from.

Dictionaries with types, since a field that is missing is not one that is null.
"""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

Count = Annotated[int, Field(ge=0)]
Sid = Annotated[str, Field(description="Spark's session id, to quote to the vendor")]


class ErrorDetail(TypedDict):
    """What failed."""

    message: Annotated[str, Field(description="What happened, and what to do next")]
    type: str
    param: Annotated[str | None, Field(examples=["messages[0].role"])]
    code: Annotated[str, Field(examples=["model_not_found"])]
    spark_code: Annotated[int | None, Field(description="Spark's own code (PROTOCOL.md §10)")]
    sid: Sid | None
    request_id: Annotated[str | None, Field(description="The request's, to quote to the operator")]


class Error(TypedDict):
    """An error in OpenAI's form."""

    error: ErrorDetail


class FunctionCall(TypedDict):
    """A function and the JSON text of its arguments."""

    name: str
    arguments: str


class ToolCall(TypedDict):
    """A tool call."""

    id: str
    type: Literal["function"]
    function: FunctionCall


class ToolCallDelta(ToolCall):
    """A whole tool call within a streamed response."""

    index: Count


class URLCitation(TypedDict):
    """A page that was found; it stands for the whole text, since Spark does not say for what."""

    url: str
    title: str
    start_index: Count
    end_index: Count


class Annotation(TypedDict):
    """A source of the response."""

    type: Literal["url_citation"]
    url_citation: URLCitation


class Usage(TypedDict):
    """Tokens as Spark counts them."""

    prompt_tokens: Count
    completion_tokens: Count
    total_tokens: Count


FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


class ResponseMessage(TypedDict):
    """What the model says."""

    role: Literal["assistant"]
    content: str | None
    refusal: None
    reasoning_content: NotRequired[str]
    annotations: NotRequired[list[Annotation]]
    tool_calls: NotRequired[list[ToolCall]]


class Choice(TypedDict):
    """The one choice."""

    index: Literal[0]
    message: ResponseMessage
    logprobs: None
    finish_reason: FinishReason


_Legacy = Annotated[str, Field(description="With the legacy names of models")]


class LegacyFields(TypedDict, total=False):
    """What is added to a response under a legacy name of its model."""

    version: _Legacy
    domain: _Legacy


class ChatCompletion(LegacyFields):
    """A whole response."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: Annotated[str, Field(description="The name that was asked for")]
    choices: Annotated[list[Choice], Field(min_length=1, max_length=1)]
    usage: Usage | None
    sid: Sid


class Delta(TypedDict):
    """A part of a streamed response."""

    role: NotRequired[Literal["assistant"]]
    content: NotRequired[str]
    refusal: NotRequired[None]
    reasoning_content: NotRequired[str]
    annotations: NotRequired[list[Annotation]]
    tool_calls: NotRequired[list[ToolCallDelta]]


class ChunkChoice(TypedDict):
    """A part of the one choice; only the last has a finish reason."""

    index: Literal[0]
    delta: Delta
    logprobs: None
    finish_reason: FinishReason | None


class ChatCompletionChunk(TypedDict):
    """A part of a streamed response; with ``include_usage`` one without choices comes last."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: Annotated[list[ChunkChoice], Field(max_length=1)]
    usage: NotRequired[Usage | None]


class Embedding(TypedDict):
    """The vector of a text."""

    object: Literal["embedding"]
    index: Count
    embedding: Annotated[
        list[float] | str, Field(description="The numbers, or base64 of them as float32")
    ]


class EmbeddingUsage(TypedDict):
    """Tokens of the texts; Spark does not count them."""

    prompt_tokens: Count
    total_tokens: Count
    estimated: Literal[True]


class EmbeddingList(TypedDict):
    """Vectors, in the order of the texts."""

    object: Literal["list"]
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage


class RankedText(TypedDict):
    """A document, repeated."""

    text: str


class Rank(TypedDict):
    """The rank of a document."""

    index: Annotated[Count, Field(description="Its place among the documents that were sent")]
    relevance_score: float
    document: NotRequired[RankedText]


class RankList(TypedDict):
    """Ranks, the best first."""

    model: str
    results: list[Rank]
    usage: EmbeddingUsage


class Image(TypedDict):
    """An image."""

    b64_json: Annotated[str, Field(json_schema_extra={"contentEncoding": "base64"})]


class ImageList(TypedDict):
    """One image."""

    created: int
    data: Annotated[list[Image], Field(min_length=1, max_length=1)]
    output_format: Literal["png", "jpeg"] | None
    size: Annotated[str, Field(examples=["512x512"])]
    sid: Sid


class Capabilities(TypedDict):
    """What a chat model can do."""

    tools: bool
    images: bool
    web_search: bool
    reasoning: bool


class Model(TypedDict):
    """A model; what only chat models have is left out of others, and null where unknown."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: Literal["iflytek"]
    name: Annotated[str, Field(description="The product's name")]
    root: NotRequired[Annotated[str, Field(description="The catalogue's name")]]
    aliases: NotRequired[list[str]]
    context_window: NotRequired[int | None]
    max_output_tokens: NotRequired[int | None]
    capabilities: NotRequired[Capabilities]
    retired: NotRequired[Annotated[str | None, Field(description="Since when, or null")]]


class ModelList(TypedDict):
    """Every model."""

    object: Literal["list"]
    data: list[Model]
