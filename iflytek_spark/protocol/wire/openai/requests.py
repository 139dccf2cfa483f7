"""The service's half of a chat's request over HTTP (PROTOCOL-HTTP.md §2, §3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Required

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import from_json
from typing_extensions import TypedDict

from iflytek_spark.messages import Tool
from iflytek_spark.protocol.wire.openai.service_values import (
    HttpCall,
    HttpChatRequest,
    HttpTurn,
    ToolChoice,
)
from iflytek_spark.protocol.wire.values import WebSearchSwitch

NUMBERS = (
    "temperature", "top_k", "max_tokens", "max_completion_tokens", "top_p", "presence_penalty",
    "frequency_penalty",
)  # fmt: skip
"""The sampling parameters."""


class MalformedError(ValueError):
    """A body that is not JSON, or has another form.

    Attributes:
        place: where it is wrong, without its content; empty when it is not JSON.
    """

    def __init__(self, place: str = "") -> None:
        """Keep the place."""
        super().__init__(place)
        self.place = place


class _Url(TypedDict, total=False):
    url: Required[str]


class _Part(TypedDict, total=False):
    type: Required[str]
    text: str
    image_url: _Url


class _Function(TypedDict, total=False):
    name: Required[str]
    description: str
    parameters: dict[str, Any]


class _CalledFunction(TypedDict, total=False):
    name: Required[str]
    arguments: str


class _Call(TypedDict, total=False):
    id: str
    function: Required[_CalledFunction]


class _Message(TypedDict, total=False):
    role: Required[str]
    content: str | list[_Part] | None
    tool_calls: list[_Call] | None
    tool_call_id: str


class _WebSearch(TypedDict, total=False):
    enable: bool
    show_ref_label: bool
    search_mode: Literal["normal", "deep"]


class _Tool(TypedDict, total=False):
    type: Required[str]
    function: _Function
    web_search: _WebSearch


class _Named(TypedDict, total=False):
    type: str
    name: str
    function: _Function


class _Choice(_Named, total=False):
    mode: str
    tools: list[_Named]


class _Typed(TypedDict, total=False):
    type: str


class _StreamOptions(TypedDict, total=False):
    include_usage: bool


class _Request(TypedDict, total=False):
    model: Required[str]
    messages: Required[Annotated[list[_Message], Field(min_length=1)]]
    temperature: float | None
    top_k: int | None
    max_tokens: int | None
    max_completion_tokens: int | None
    top_p: float | None
    presence_penalty: float | None
    frequency_penalty: float | None
    tools: list[_Tool] | None
    tool_choice: str | _Choice | None
    tool_calls_switch: bool
    thinking: _Typed
    enable_thinking: bool | None
    reasoning_effort: str | None
    search_disable: bool
    show_ref_label: bool
    response_format: _Typed | None
    stream: bool | None
    stream_options: _StreamOptions | None
    keep_alive: bool
    n: int | None
    user: str | None


_REQUEST: TypeAdapter[_Request] = TypeAdapter(_Request)


class _Model(TypedDict, total=False):
    model: str


_MODEL: TypeAdapter[_Model] = TypeAdapter(_Model)


def peek_model(data: bytes) -> str:
    """Return the model that a body names, or an empty string for a body of any other form."""
    try:
        return _MODEL.validate_json(data).get("model", "")
    except ValidationError:
        return ""


def decode_chat(data: bytes) -> HttpChatRequest:
    """Read the body of a chat's request.

    Raises:
        MalformedError: when it is not JSON, or has another form.
    """
    request = read_body(_REQUEST, data)
    options = request.get("stream_options") or {}
    return HttpChatRequest(
        model=request["model"],
        turns=tuple(map(_turn, request["messages"])),
        fields=frozenset(request),
        numbers=_numbers(request),
        tools=tuple(_tools(request)),
        tool_choice=_choice(request.get("tool_choice")),
        search=_search(request),
        stream=bool(request.get("stream")),
        include_usage=options.get("include_usage"),
        thinking=request.get("thinking", {}).get("type"),
        enable_thinking=_switch(request),
        wants_json=(request.get("response_format") or {}).get("type") == "json_object",
        calls_switch=request.get("tool_calls_switch", False),
        keep_alive=request.get("keep_alive", False),
        choices=1 if request.get("n") is None else request["n"] or 0,
        user=request.get("user") or "",
    )


def read_body(form: TypeAdapter[Any], data: bytes) -> Any:
    """Read a body of the given form; further fields are kept.

    Raises:
        MalformedError: when it is not JSON, or has another form.
    """
    try:
        body = from_json(data, allow_inf_nan=False)
    except ValueError:
        raise MalformedError from None
    try:
        read = form.validate_python(body, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise MalformedError(".".join(map(str, first["loc"]))) from None
    return {**body, **read}


def _turn(message: _Message) -> HttpTurn:
    content = message.get("content") or ""
    parts = content if isinstance(content, list) else []
    texts = [part.get("text", "") for part in parts if part["type"] == "text"]
    return HttpTurn(
        role=message["role"],
        text=content if isinstance(content, str) else "\n".join(texts),
        images=tuple(part["image_url"]["url"] for part in parts if "image_url" in part),
        parts=isinstance(content, list),
        calls=tuple(map(_call, message.get("tool_calls") or ())),
        call_id=message.get("tool_call_id", ""),
    )


def _call(call: _Call) -> HttpCall:
    return HttpCall(
        call.get("id", ""), call["function"]["name"], call["function"].get("arguments", "")
    )


def _numbers(request: Mapping[str, object]) -> dict[str, float]:
    numbers = ((name, value) for name, value in request.items() if name in NUMBERS)
    return {name: value for name, value in numbers if isinstance(value, int | float)}


def _tools(request: _Request) -> Iterator[Tool]:
    for item in request.get("tools") or ():
        if "function" in item:
            function = item["function"]
            yield Tool(
                function["name"], function.get("description", ""), function.get("parameters", {})
            )


def _choice(sent: str | _Choice | None) -> ToolChoice | None:
    """Read a choice: a word, OpenAI's object, the flat one of X1.5, or allowed_tools (§3)."""
    if sent is None or isinstance(sent, str):
        return None if sent is None else ToolChoice(sent)
    if sent.get("type") == "allowed_tools":
        allowed = tuple(map(_name, sent.get("tools", ())))
        return ToolChoice(sent.get("mode", "auto"), is_object=True, allowed=allowed)
    return ToolChoice("required", _name(sent), is_object=True)


def _name(item: _Named) -> str:
    return item["function"]["name"] if "function" in item else item.get("name", "")


def _search(request: _Request) -> WebSearchSwitch | None:
    """Read the search tool of A, or the switches of B, where it is off by default."""
    for tool in request.get("tools") or ():
        if tool["type"] == "web_search":
            search = tool.get("web_search", {})
            return WebSearchSwitch(search.get("enable", True), search.get("show_ref_label", False))
    if "search_disable" in request:
        shown = request.get("show_ref_label", False)
        return WebSearchSwitch(not request["search_disable"], shown)
    return None


def _switch(request: _Request) -> bool | None:
    if request.get("reasoning_effort") == "none":
        return False
    return request.get("enable_thinking")
