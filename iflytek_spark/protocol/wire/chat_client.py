"""The client's half of the chat frames: requests written, answers read (PROTOCOL.md §2).

The JSON keys of chat stand here, in ``chat_lenient`` and, for the service's half, in
``chat_server``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Literal, NotRequired, Required, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from iflytek_spark.assumptions import MAX_TOKEN_COUNT, TURN_SEPARATOR
from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import Tool, Usage, WebSearch
from iflytek_spark.protocol.deviations import Deviation, Deviations
from iflytek_spark.protocol.wire.chat_lenient import read_frame
from iflytek_spark.protocol.wire.frame import Frame
from iflytek_spark.requests.build import ChatRequest
from iflytek_spark.requests.fallbacks import AnswerRules

_LAST = 2
_EXACT = ConfigDict(extra="forbid", strict=True)


@with_config(_EXACT)
class _Text(TypedDict, total=False):
    content: Required[str]
    reasoning_content: str
    role: Literal["assistant"]
    index: int
    content_type: Any
    content_meta: Any


@with_config(_EXACT)
class _Choices(TypedDict):
    status: Literal[0, 1, 2]
    seq: int
    text: Annotated[list[_Text], Field(min_length=1, max_length=1)]


_Count: TypeAlias = Annotated[int, Field(ge=0, le=MAX_TOKEN_COUNT)]


@with_config(_EXACT)
class _Counts(TypedDict):
    prompt_tokens: _Count
    completion_tokens: _Count
    total_tokens: _Count
    question_tokens: NotRequired[Any]


@with_config(_EXACT)
class _Usage(TypedDict):
    text: _Counts


@with_config(_EXACT)
class _Payload(TypedDict):
    choices: _Choices
    usage: NotRequired[_Usage]


@with_config(_EXACT)
class _Header(TypedDict):
    code: Literal[0]
    message: str
    sid: Annotated[str, Field(min_length=1)]
    status: Literal[0, 1, 2]


@with_config(_EXACT)
class _Delta(TypedDict):
    header: _Header
    payload: _Payload


_DELTA: TypeAdapter[_Delta] = TypeAdapter(_Delta)
"""What nearly every frame is, the last one too, exactly as it is documented."""


_Elsewhere: TypeAlias = Annotated[str, Field(min_length=1, max_length=0)]
"""No value at all: what has such a field takes the longer way."""


@cache
def _near_delta(extra: Literal["forbid", "ignore"]) -> TypeAdapter[Any]:
    """Describe a delta of which some fields are missing or, with ``ignore``, are too many.

    It is made for the first such frame: most processes never meet one.
    """
    config = ConfigDict(extra=extra, strict=True)

    @with_config(config)
    class Text(TypedDict, total=False):
        content: Required[str]
        reasoning_content: str
        role: Literal["assistant"]
        index: int
        content_type: Any
        content_meta: Any
        function_call: _Elsewhere
        tool_calls: _Elsewhere

    @with_config(config)
    class Choices(TypedDict, total=False):
        status: Required[Literal[0, 1]]
        seq: int
        text: Required[Annotated[list[Text], Field(min_length=1, max_length=1)]]

    @with_config(config)
    class Payload(TypedDict, total=False):
        choices: Required[Choices]
        plugins: _Elsewhere
        usage: _Elsewhere

    @with_config(config)
    class Header(TypedDict, total=False):
        code: Required[Literal[0]]
        message: str
        sid: str
        status: Required[Literal[0, 1, 2]]

    @with_config(config)
    class Delta(TypedDict):
        header: Header
        payload: Payload

    return TypeAdapter(Delta)


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


def decode_frame(data: bytes | str, noted: Deviations | None = None) -> Frame:
    """Read one frame of an answer (§2.3).

    Args:
        data: the frame.
        noted: where it is noted what is not as documented.

    Raises:
        ProtocolError: when it is not UTF-8, not JSON or has no header; with strict ``noted`` for
            every deviation.
    """
    try:
        delta = _DELTA.validate_json(data)
    except ValidationError:  # it quotes the frame, which is private
        delta = None
    if delta is None:
        return _read_other(data, noted or Deviations())
    header, payload = delta["header"], delta["payload"]
    choices, usage = payload["choices"], payload.get("usage")
    (text,), status = choices["text"], choices["status"]
    return Frame(
        0, header["message"], header["sid"], True, status == _LAST, choices["seq"], text["content"],
        text.get("reasoning_content", ""), None, (), usage and _counted(usage["text"]), status == 0,
    )  # fmt: skip


def _counted(counts: _Counts) -> Usage:
    return Usage(counts["prompt_tokens"], counts["completion_tokens"], counts["total_tokens"])


def _read_other(data: bytes | str, noted: Deviations) -> Frame:
    """Read what is not exactly as documented: nearly so, or by the longer way.

    A service that adds or leaves out a field does so in every frame, so that is read fast too.
    """
    extra: Literal["forbid", "ignore"] = (
        "ignore" if Deviation.UNKNOWN_FIELD in noted else "forbid"  # it is noted once an answer
    )
    try:
        delta = _near_delta(extra).validate_json(data)
    except ValidationError:
        return read_frame(data, noted)
    header, choices = delta["header"], delta["payload"]["choices"]
    (text,) = choices["text"]
    sid, seq = header.get("sid", ""), choices.get("seq")
    if not sid:
        noted.add(Deviation.SID_MISSING)
    if seq is None:
        noted.add(Deviation.SEQ_MISSING)
    return Frame(
        0, header.get("message", ""), sid, True, False, seq, text["content"],
        text.get("reasoning_content", ""), None, (), None, choices["status"] == 0,
    )  # fmt: skip
