"""The client's half of the chat frames: requests written, answers read (PROTOCOL.md §2).

The JSON keys of chat stand here and, for the service's half, in ``chat_server``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, NamedTuple, Required

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from iflytek_spark.assumptions import TURN_SEPARATOR
from iflytek_spark.errors import InvalidRequestError, ProtocolError
from iflytek_spark.messages import PluginResult, Tool, Usage, WebSearch
from iflytek_spark.protocol.wire.envelope import reason
from iflytek_spark.requests.build import ChatRequest
from iflytek_spark.requests.fallbacks import AnswerRules

_LAST = 2
_CONTENT_KEYS = frozenset(("content", "reasoning_content", "function_call"))


class Frame(NamedTuple):
    """One frame of an answer, read.

    Attributes:
        code: 0, or an error code.
        message: the service's word on the code.
        sid: the session id.
        has_choices: whether the frame is a piece of the answer.
        last: whether it is the answer's end.
        seq: the piece's number, or None.
        content: text of the answer.
        reasoning: text of the thoughts.
        function_call: name, and arguments as they came, or None.
        plugins: what plugins returned.
        usage: token counts, in the last frame.
    """

    code: int
    message: str = ""
    sid: str = ""
    has_choices: bool = False
    last: bool = False
    seq: int | None = None
    content: str = ""
    reasoning: str = ""
    function_call: tuple[str, object] | None = None
    plugins: tuple[PluginResult, ...] = ()
    usage: Usage | None = None


class _FunctionCall(TypedDict, total=False):
    name: Required[str]
    arguments: str | dict[str, Any] | None


class _Text(TypedDict, total=False):
    content: str | None
    reasoning_content: str | None
    function_call: _FunctionCall | None


class _Choices(TypedDict, total=False):
    status: int
    seq: int
    text: list[_Text]


class _Plugin(TypedDict, total=False):
    name: str | None
    content: str | None


class _Plugins(TypedDict, total=False):
    text: list[_Plugin]


class _Counts(TypedDict):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class _Usage(TypedDict):
    text: _Counts


class _Payload(TypedDict, total=False):
    choices: _Choices
    plugins: _Plugins
    usage: _Usage


class _Header(TypedDict, total=False):
    code: Required[int]
    message: str
    sid: str
    status: int


class _Answer(TypedDict, total=False):
    header: Required[_Header]
    payload: _Payload


_ANSWER: TypeAdapter[_Answer] = TypeAdapter(_Answer)


def encode_request(request: ChatRequest, app_id: str, uid: str) -> str:
    """Write a checked request as the one JSON frame that the client sends (§2.2).

    The request's own user id, if it has one, stands in place of ``uid``.
    """
    spec = request.spec
    header: dict[str, Any] = {"app_id": app_id, "uid": request.uid or uid}
    if spec.patch_id:
        header["patch_id"] = [spec.patch_id]
    payload: dict[str, Any] = {"message": {"text": list(_texts(request))}}
    if request.tools:
        payload["functions"] = {"text": [_function(tool) for tool in request.tools]}
    body = {"header": header, "parameter": {"chat": _chat(request)}, "payload": payload}
    return json.dumps(body, ensure_ascii=False, allow_nan=False)


def _chat(request: ChatRequest) -> dict[str, Any]:
    _refuse_what_has_no_field(request.rules)
    chat: dict[str, Any] = {"domain": request.spec.domain, **request.parameters}
    if request.spec.web_search:
        chat["tools"] = [{"type": "web_search", "web_search": _search(request)}]
    if request.thinking:
        chat["thinking"] = {"type": request.thinking}
    return {**chat, **request.extra}


def _refuse_what_has_no_field(rules: AnswerRules) -> None:
    """Lose no wish silently that a row's flags let through."""
    wishes: dict[str, object] = {"stop": rules.stop, "response_format": rules.response_format}
    if rules.tool_choice not in (None, "auto", "none"):
        wishes["tool_choice"] = rules.tool_choice
    for name, wish in wishes.items():
        if wish:
            raise InvalidRequestError(
                f"the WebSocket has no field for {name}",
                hint="let the model's row say so: lacks=WEBSOCKET_LACKS, which is the default",
                param=name,
            )


def _search(request: ChatRequest) -> dict[str, Any]:
    search: WebSearch | None = request.web_search
    if search is None:
        return {"enable": False}
    shown = search.citations and request.spec.citations
    return {"enable": True, "search_mode": search.mode, "show_ref_label": shown}


def _function(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "parameters": tool.parameters}


def _texts(request: ChatRequest) -> Iterator[dict[str, Any]]:
    """Yield the image first, which image understanding asks for, then the turns (§6)."""
    *before, newest = request.messages
    for message in request.messages:
        for image in message.images:
            data = base64.b64encode(image.data).decode()
            yield {"role": "user", "content": data, "content_type": "image"}
    for message in before:
        yield {"role": message.role, "content": message.text}
    words = [part for part in (newest.text, request.rules.instruction) if part]
    yield {"role": newest.role, "content": TURN_SEPARATOR.join(words)}


def decode_frame(data: bytes | str) -> Frame:
    """Read one frame of an answer (§2.3).

    Raises:
        ProtocolError: when it is not UTF-8, not JSON, or lacks header or code.
    """
    try:
        answer = _ANSWER.validate_json(data)
    except ValidationError as error:
        raise ProtocolError(
            f"Spark sent a frame of {len(data)} bytes that is not a valid answer: {reason(error)}",
            hint="if this lasts, something between here and Spark changes the frames",
        ) from None  # pydantic's own error quotes the frame, which is private
    header, payload = answer["header"], answer.get("payload") or {}
    code, message, sid = header["code"], header.get("message", ""), header.get("sid", "")
    choices = payload.get("choices")
    plugins = _plugins(payload["plugins"]) if "plugins" in payload else ()
    if choices is None:
        last = not plugins and header.get("status") == _LAST
        usage = _usage(payload)
        return Frame(code, message, sid, last=last, plugins=plugins, usage=usage)
    last = choices.get("status", header.get("status")) == _LAST
    if not (code or last or _has_content(choices)):
        raise ProtocolError("Spark sent a piece of the answer without its text", sid=sid)
    content, seq = _read_texts(choices.get("text", ())), choices.get("seq")
    return Frame(code, message, sid, True, last, seq, *content, plugins, _usage(payload))


def _plugins(plugins: _Plugins) -> tuple[PluginResult, ...]:
    return tuple(
        PluginResult(item.get("name") or "", item.get("content") or "")
        for item in plugins.get("text", ())
    )


def _has_content(choices: _Choices) -> bool:
    """Whether nothing of a piece is lost: each of its texts has one of the keys that carry it."""
    return "text" in choices and not any(map(_CONTENT_KEYS.isdisjoint, choices["text"]))


def _read_texts(texts: Any) -> tuple[str, str, tuple[str, object] | None]:
    content = reasoning = ""
    call = None
    for text in texts:
        content += text.get("content") or ""
        reasoning += text.get("reasoning_content") or ""
        function = text.get("function_call")
        if function:
            call = (function["name"], function.get("arguments"))
    return content, reasoning, call


def _usage(payload: Any) -> Usage | None:
    if "usage" not in payload:
        return None
    counts = payload["usage"]["text"]
    return Usage(counts["prompt_tokens"], counts["completion_tokens"], counts["total_tokens"])
