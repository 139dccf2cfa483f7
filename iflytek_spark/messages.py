"""The values of a conversation: messages, their parts, tools, web search, usage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter"]
JSONObject: TypeAlias = Mapping[str, Any]
Wire: TypeAlias = Literal["websocket", "http"]
"""How the service is spoken to."""
Thinking: TypeAlias = Literal["enabled", "disabled", "auto"]
ToolChoice: TypeAlias = Literal["auto", "none", "required"] | str
"""``auto``, ``none``, ``required``, or the name of one tool."""


@dataclass(frozen=True, slots=True)
class TextPart:
    """A piece of text inside a message of several parts."""

    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """An image inside a user message, for image understanding (PROTOCOL.md §6).

    Attributes:
        data: the bytes of an image file.
        url: its address in place of the bytes: https, http or data.
    """

    data: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class UnsupportedPart:
    """Content that Spark cannot be shown: a line of text stands in its place.

    Attributes:
        kind: what it is, in the words of where it came from: ``audio``, ``file``, …
        mime_type: its type, or an empty string.
        size: its bytes, or 0 when that is not known.
        name: the name of the file, or an empty string.
    """

    kind: str
    mime_type: str = ""
    size: int = 0
    name: str = ""

    @property
    def notice(self) -> str:
        """The line of text that stands for it: ``[image/png, 12 KB, not shown]``."""
        size = f"{-(-self.size // 1024)} KB" if self.size else ""
        known = (" ".join(self.name.split()), self.mime_type or self.kind, size, "not shown")
        return f"[{', '.join(filter(None, known))}]"


Part: TypeAlias = TextPart | ImagePart | UnsupportedPart


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may ask for (PROTOCOL.md §3).

    Attributes:
        name: the function's name; Chinese is allowed.
        description: what it does, for the model to read.
        parameters: a JSON schema of type ``object``.
    """

    name: str
    description: str
    parameters: JSONObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model's wish to call a tool.

    Attributes:
        id: the service's own over HTTP; made by us from the sid on the WebSocket, which has none;
            letters, digits, ``_`` and ``-``.
        name: the tool's name.
        arguments: the JSON text of an object. What the model wrote is put right where it is
            loosely written (``read_arguments``), and otherwise stands here as it is: such a
            call must not be run.
        problem: why the call must not be run: its arguments break the tool's schema, also after
            the model was shown why. Empty for a call that may be.
    """

    id: str
    name: str
    arguments: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class WebSearch:
    """How the model searches the web (PROTOCOL.md §4).

    Attributes:
        mode: ``normal`` reads snippets, ``deep`` whole pages (more tokens).
        citations: whether the pages are asked for; only Max and Ultra give them.
    """

    mode: Literal["normal", "deep"] = "normal"
    citations: bool = True


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    Attributes:
        role: who speaks; ``tool`` is the result of a tool call.
        content: the text, or the parts in order.
        tool_calls: what an assistant message asked for.
        tool_call_id: the id of the call that a tool message answers.
        failed: whether the tool of a tool message failed.
        name: who speaks; of a tool message the tool, which is told where its call is not known.
        reasoning: what an assistant thought before it spoke; sent back where the wire has a field
            for it.
    """

    role: Role
    content: str | tuple[Part, ...]
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    failed: bool = False
    name: str = ""
    reasoning: str = ""

    @property
    def text(self) -> str:
        """The text of the message, its text parts joined by line ends."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content if isinstance(part, TextPart))

    def replacing(self, old: ImagePart, new: ImagePart) -> Message:
        """Return the message with one image in place of another."""
        if isinstance(self.content, str):
            return self
        return replace(self, content=tuple(new if part is old else part for part in self.content))

    @property
    def images(self) -> tuple[ImagePart, ...]:
        """The images of the message, in order."""
        if not isinstance(self.content, tuple):
            return ()
        return tuple(part for part in self.content if isinstance(part, ImagePart))


@dataclass(frozen=True, slots=True)
class Citation:
    """A page that web search used (PROTOCOL.md §4).

    Attributes:
        index: the number that the answer's text refers to, from 1.
        url: the page's address.
        title: the page's title.
    """

    index: int
    url: str
    title: str


class PluginResult(NamedTuple):
    """What a plugin of the service returned (PROTOCOL.md §4).

    Attributes:
        name: the plugin's name, ``ifly_search`` for web search.
        content: its result as it came, for web search a JSON list of pages.
    """

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer; Spark bills the total."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


@dataclass(frozen=True, slots=True)
class ChatResponse:
    """A whole answer.

    Attributes:
        text: the answer.
        reasoning: the model's thoughts before the answer (X models), or an empty string.
        tool_calls: at most one on the WebSocket, any number over HTTP.
        citations: the pages that web search used.
        plugins: what plugins of the service returned, as it came.
        usage: token counts, or None when the answer was cut at a stop string, or Spark's own
            counts are missing or make no sense.
        finish_reason: why the answer ended.
        sid: Spark's session id, for the vendor's support.
        model: the catalogue's name of the model.
        deviations: the names of what was not as documented in the answer, and was tolerated, such
            as ``seq_gap``; empty for a usual one. docs/reliability.md lists them.
        ignored: the names of options that were left out or brought into range, since the model
            has no such thing.
        wire: over which wire the answer came.
        stop: the stop string at which this library cut the answer, or an empty string.
    """

    text: str
    reasoning: str
    tool_calls: tuple[ToolCall, ...]
    citations: tuple[Citation, ...]
    plugins: tuple[PluginResult, ...]
    usage: Usage | None
    finish_reason: FinishReason
    sid: str
    model: str
    deviations: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    wire: Wire = "websocket"
    stop: str = ""
