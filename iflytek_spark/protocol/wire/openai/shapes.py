"""The JSON of an answer over HTTP, of both dialects (PROTOCOL-HTTP.md §1, §3, §5, §12).

Nothing here is required: each dialect leaves out what the other sends, and each has been seen to
leave out more. ``spark_open`` and ``maas`` write these shapes.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from typing_extensions import TypedDict

DONE = b"[DONE]"
"""The last event of a stream."""


NO_MODELS = '{"object":"list","data":[]}'
"""B's list of models (§1)."""


class FunctionShape(TypedDict, total=False):
    """A function that is asked for; ``arguments`` is a JSON text."""

    name: str
    arguments: str


class PageShape(TypedDict, total=False):
    """A page that the web search found."""

    index: int
    url: str
    title: str


class SearchShape(TypedDict, total=False):
    """What the web search found (§11, by the vendor's demo alone)."""

    outputs: list[PageShape]


class ToolCallShape(TypedDict, total=False):
    """A call: of a function, or of the web search."""

    id: str
    index: int
    type: str
    function: FunctionShape
    web_search: SearchShape


class MessageShape(TypedDict, total=False):
    """A ``message``, or the ``delta`` of a chunk.

    ``tool_calls`` is one object in place of the array where A was not asked for an array (§3).
    """

    role: Literal["assistant", "tool"] | None
    content: str | None
    reasoning_content: str | None
    tool_calls: list[ToolCallShape] | ToolCallShape | None


class ChoiceShape(TypedDict, total=False):
    """The one choice; ``finish_reason`` is missing on A, null on B until the end."""

    index: int
    message: MessageShape
    delta: MessageShape
    finish_reason: str | None
    logprobs: None
    matched_stop: int | None


class CompletionDetailsShape(TypedDict, total=False):
    """The tokens of the answer in parts."""

    reasoning_tokens: int


class PromptDetailsShape(TypedDict, total=False):
    """The tokens of the question in parts."""

    cached_tokens: int


class UsageShape(TypedDict, total=False):
    """Token counts (§5)."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    completion_tokens_details: CompletionDetailsShape
    prompt_tokens_details: PromptDetailsShape | None


class MetadataShape(TypedDict, total=False):
    """What B's engine says of itself."""

    weight_version: str


class ChatShape(TypedDict, total=False):
    """A whole answer, or a chunk of one; ``code``, ``message`` and ``sid`` are A's."""

    code: int
    message: str
    sid: str
    id: str
    object: str
    created: int
    model: str
    choices: list[ChoiceShape]
    usage: UsageShape
    metadata: MetadataShape


class ErrorFieldsShape(TypedDict, total=False):
    """What went wrong; the code is a text on A, a number on B, or missing (§7)."""

    message: str
    type: str
    param: None
    code: str | int | None


class ErrorShape(TypedDict, total=False):
    """An error, as a body or as an event of a stream."""

    error: ErrorFieldsShape
    id: str


CallsForm: TypeAlias = Literal["array", "object", "text"]
"""How calls are written: as an array, as one object, or as JSON text in the content (§3)."""
UsageStyle: TypeAlias = Literal["own_chunk", "last_delta", "with_finish", "zeros"]
"""Where a stream's usage stands: in a chunk without choices after the end, in an empty last delta,
beside ``finish_reason`` on the last content, or zero in each chunk and real in the last (§5)."""
