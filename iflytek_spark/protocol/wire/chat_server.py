"""The service's half of the chat frames: requests read, answers written (PROTOCOL.md §2).

Together with ``chat_client``, the client's half, it is the only place that knows chat's JSON keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal, Required

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from iflytek_spark.messages import Citation, Tool, Usage
from iflytek_spark.protocol.wire.envelope import read_request
from iflytek_spark.protocol.wire.values import Delta, Turn, WebSearchSwitch, WireRequest

FIRST, MIDDLE, LAST = 0, 1, 2
"""Values of ``status``: the answer's first frame, one between, its last (§2.3)."""


class _Header(TypedDict, total=False):
    app_id: Required[str]
    uid: str
    patch_id: list[str]


class _WebSearch(TypedDict, total=False):
    enable: bool
    show_ref_label: bool
    search_mode: Literal["normal", "deep"]


class _ChatTool(TypedDict, total=False):
    type: str
    web_search: _WebSearch


class _Typed(TypedDict, total=False):
    type: str


class _Chat(TypedDict, total=False):
    domain: Required[str]
    temperature: float
    top_k: int
    max_tokens: int
    top_p: float
    presence_penalty: float
    frequency_penalty: float
    chat_id: str
    tools: list[_ChatTool]
    show_ref_label: bool
    thinking: _Typed
    response_format: _Typed
    function_choice: str


class _Parameter(TypedDict):
    chat: _Chat


class _Text(TypedDict, total=False):
    role: Required[str]
    content: Required[str]
    content_type: Literal["text", "image"]


class _Message(TypedDict):
    text: Annotated[list[_Text], Field(min_length=1)]


class _Function(TypedDict, total=False):
    name: Required[str]
    description: str
    parameters: dict[str, Any]


class _Functions(TypedDict, total=False):
    text: list[_Function]


class _Payload(TypedDict, total=False):
    message: Required[_Message]
    functions: _Functions


class _Request(TypedDict):
    header: _Header
    parameter: _Parameter
    payload: _Payload


_REQUEST: TypeAdapter[_Request] = TypeAdapter(_Request)
_NUMBERS = (
    "temperature", "top_k", "max_tokens", "top_p", "presence_penalty", "frequency_penalty",
)  # fmt: skip


def decode_request(data: bytes | str) -> WireRequest:
    """Read the one frame that a client sends (§2.2).

    Raises:
        RequestRefusedError: as :func:`~iflytek_spark.protocol.wire.envelope.read_request`.
    """
    request = read_request(_REQUEST, data)
    header, chat = request["header"], request["parameter"]["chat"]
    payload = request["payload"]
    return WireRequest(
        app_id=header["app_id"],
        uid=header.get("uid"),
        patch_ids=tuple(header.get("patch_id", ())),
        domain=chat["domain"],
        numbers=_numbers(chat),
        search=_search(chat),
        thinking=chat.get("thinking", {}).get("type"),
        wants_json=chat.get("response_format", {}).get("type") == "json_object",
        turns=tuple(_turn(text) for text in payload["message"]["text"]),
        tools=_tools(payload),
        forced_tool=chat.get("function_choice"),
    )


def _numbers(chat: _Chat) -> dict[str, float]:
    numbers = ((name, value) for name, value in chat.items() if name in _NUMBERS)
    return {name: value for name, value in numbers if isinstance(value, int | float)}


def _search(chat: _Chat) -> WebSearchSwitch | None:
    for tool in chat.get("tools", ()):
        if tool.get("type") == "web_search":
            search = tool.get("web_search", {})
            shown = search.get("show_ref_label", chat.get("show_ref_label", False))
            return WebSearchSwitch(search.get("enable", True), shown)
    return WebSearchSwitch(shows_pages=True) if chat.get("show_ref_label") else None


def _turn(text: _Text) -> Turn:
    return Turn(text["role"], text["content"], text.get("content_type") == "image")


def _tools(payload: _Payload) -> tuple[Tool, ...] | None:
    if "functions" not in payload:
        return None
    return tuple(
        Tool(item["name"], item.get("description", ""), item.get("parameters", {}))
        for item in payload["functions"].get("text", ())
    )


def encode_answer(
    sid: str,
    pieces: Sequence[Delta],
    usage: Usage,
    question_tokens: int,
    *,
    about_image: bool = False,
) -> Iterator[str]:
    """Write the frames of an answer (§2.3).

    Args:
        sid: the session id.
        pieces: what each frame carries, in order; at least one.
        usage: token counts, written into the last frame.
        question_tokens: tokens of the newest question alone.
        about_image: whether image understanding answers. Its frames describe their content,
            and ``header.status`` stays 0 (§6).

    Yields:
        JSON, one frame at a time. A one-frame answer has the status of a last frame.
    """
    end = len(pieces) - 1
    for seq, delta in enumerate(pieces):
        status = LAST if seq == end else MIDDLE if seq else FIRST
        text = _IMAGE_TEXT | _text(delta) if about_image else _text(delta)
        payload: dict[str, object] = {"choices": {"status": status, "seq": seq, "text": [text]}}
        if seq == end:
            counts = {"question_tokens": question_tokens, **asdict(usage)}
            payload["usage"] = {"text": counts}
        yield _frame(sid, FIRST if about_image else status, payload)


_IMAGE_TEXT = {"content_type": "text", "content_meta": {"desc": "", "url": False}}


def _text(delta: Delta) -> dict[str, object]:
    text: dict[str, object] = {"content": delta.content, "role": "assistant", "index": 0}
    if delta.reasoning is not None:
        text["reasoning_content"] = delta.reasoning
    if delta.call is not None:
        text["content_type"] = "text"
        text["function_call"] = {"arguments": delta.call.arguments, "name": delta.call.name}
    return text


def encode_search(sid: str, pages: Sequence[Citation]) -> str:
    """Write the JSON frame that names the pages of a web search; it has no choices (§4)."""
    found = [{"index": page.index, "url": page.url, "title": page.title} for page in pages]
    plugin = {
        "name": "ifly_search",
        "content": _json(found),
        "content_type": "text",
        "content_meta": None,
        "role": "tool",
        "status": "finished",
        "invoked": {
            "namespace": "ifly_search",
            "plugin_id": "ifly_search",
            "plugin_ver": "",
            "status_code": 200,
            "status_msg": "Success",
            "type": "local",
        },
    }
    return _frame(sid, MIDDLE, {"plugins": {"text": [plugin]}})


def encode_error(sid: str, code: int, message: str) -> str:
    """Write a JSON error frame, of a code (§10): a header and nothing else (§2.3)."""
    return _json({"header": {"code": code, "message": message, "sid": sid, "status": LAST}})


def _frame(sid: str, status: int, payload: Mapping[str, object]) -> str:
    header = {"code": 0, "message": "Success", "sid": sid, "status": status}
    return _json({"header": header, "payload": payload})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
