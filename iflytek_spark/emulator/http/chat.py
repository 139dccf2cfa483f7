"""A chat over HTTP: what was asked, as a program sees it, and what is answered."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from iflytek_spark.emulator.checks import may
from iflytek_spark.emulator.http.dialect import ServiceDialect
from iflytek_spark.emulator.replies import Reply, SeenChat
from iflytek_spark.emulator.response_frames import cut_reply
from iflytek_spark.messages import FinishReason, ImagePart, Message, Role, Tool, ToolCall, Usage
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.wire.openai.service_values import (
    HttpAnswer,
    HttpChatRequest,
    HttpTurn,
)
from iflytek_spark.requests.tokens import estimate_tokens

_ROLES: dict[str, Role] = {
    "system": "system", "user": "user", "assistant": "assistant", "tool": "tool",
}  # fmt: skip


def seen_chat(request: HttpChatRequest, spec: ModelSpec, dialect: ServiceDialect) -> SeenChat:
    """Read a request that was checked, and that ``spec`` is to answer."""
    choice, search = request.tool_choice, request.search
    required = choice is not None and choice.mode == "required"
    off = request.thinking == "disabled" or request.enable_thinking is False
    return SeenChat(
        spec=spec,
        messages=tuple(_messages(request.turns, sees=spec.images)),
        tools=_tools(request) if may(spec, "tools") else (),
        tool_choice=choice.name if choice else "",
        tool_required=required and dialect.must_call(request.model),
        options=_options(request),
        json_mode=request.wants_json,
        thinking=spec.reasoning and not off,
        web_search=search.enabled if search else None,
        citations=bool(search and search.enabled and search.shows_pages and spec.citations),
        uid=request.user,
    )


def _tools(request: HttpChatRequest) -> tuple[Tool, ...]:
    choice = request.tool_choice
    if choice is None or (choice.mode != "none" and choice.allowed is None):
        return request.tools
    return tuple(tool for tool in request.tools if tool.name in (choice.allowed or ()))


def _options(request: HttpChatRequest) -> dict[str, float]:
    """Return the numbers; both names of ``max_tokens`` are one."""
    numbers = dict(request.numbers)
    most = numbers.pop("max_completion_tokens", None)
    return numbers if most is None else {**numbers, "max_tokens": most}


def _messages(turns: tuple[HttpTurn, ...], *, sees: bool) -> Iterator[Message]:
    """Make messages of turns; an image becomes one of its own, unless the model does not see."""
    open_calls: list[str] = []
    for turn in turns:
        role = _ROLES[turn.role]
        if sees:
            yield from (Message(role, (_image(url),)) for url in turn.images)
        calls = tuple(
            ToolCall(call.id or f"call_{index}", call.name, call.arguments)
            for index, call in enumerate(turn.calls, len(open_calls))
        )
        open_calls += [call.id for call in calls]
        call_id = turn.call_id
        if role == "tool":  # A's pages say nothing of an id: results are in the calls' order
            call_id = call_id or (open_calls[0] if open_calls else "")
            open_calls = [each for each in open_calls if each != call_id]
        yield Message(role, turn.text, calls, call_id)


def _image(url: str) -> ImagePart:
    """Make an image of a data URI; what stands elsewhere is not fetched."""
    if not url.startswith("data:"):
        return ImagePart(url=url)
    kind, _, data = url.partition(",")
    if not kind.endswith(";base64"):
        return ImagePart(unquote_to_bytes(data))
    try:
        return ImagePart(base64.b64decode(data))
    except ValueError:
        return ImagePart(url=url)


def http_answer(
    sid: str, created: float, request: HttpChatRequest, seen: SeenChat, reply: Reply, size: int
) -> HttpAnswer:
    """Cut a reply into the chunks of an answer; a call counts as many tokens as its text."""
    cut = cut_reply(seen, reply, size)
    called = sum(estimate_tokens(f"{call.name}{call.written}") for call in reply.calls)
    completion = cut.reasoning_tokens + cut.text_tokens + called
    prompt = seen.prompt_tokens
    finish: FinishReason = "length" if cut.truncated else "stop"
    return HttpAnswer(
        sid=sid,
        created=int(created),
        model=request.model,
        deltas=cut.deltas,
        usage=reply.usage or Usage(prompt, completion, prompt + completion),
        reasoning_tokens=cut.reasoning_tokens,
        finish_reason="tool_calls" if reply.calls else finish,
        pages=reply.citations,
    )
