"""What dialect A, ``spark-api-open``, answers (PROTOCOL-HTTP.md §1, §3, §5, §12)."""

from __future__ import annotations

from collections.abc import Iterator

from iflytek_spark.protocol.wire.openai.service_values import HttpAnswer, written
from iflytek_spark.protocol.wire.openai.shapes import (
    DONE,
    CallsForm,
    ChatShape,
    ChoiceShape,
    MessageShape,
    ToolCallShape,
    UsageShape,
)
from iflytek_spark.protocol.wire.values import Delta

EVENT = b"data:"
"""What stands before the payload of an event: there is no space behind it (§1)."""


def encode_answer(answer: HttpAnswer, form: CallsForm) -> bytes:
    """Write a whole answer, its calls in the given form."""
    message: MessageShape = {"role": "assistant", "content": answer.content}
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    if answer.calls:
        message |= _calls(answer, form)
    choices: list[ChoiceShape] = [{"message": message, "index": 0}]
    if answer.pages:
        choices.append({"message": _pages(answer), "index": 1})
    return written({**_envelope(answer), "choices": choices, "usage": _usage(answer)})


def encode_chunks(answer: HttpAnswer, form: CallsForm) -> Iterator[bytes]:
    """Write the payloads of a stream's events, the end among them.

    The role stands in each delta, and the usage on the last, which is empty.
    """
    if answer.pages:
        yield _chunk(answer, _pages(answer))
    for delta in answer.texts:
        yield _chunk(answer, _delta(delta))
    if answer.calls:
        yield _chunk(answer, {"role": "assistant", "content": "", **_calls(answer, form)})
    yield _chunk(answer, {"role": "assistant", "content": ""}, _usage(answer))
    yield DONE


def encode_failure(sid: str, code: int, message: str) -> bytes:
    """Write an error as an event of a stream, or as a body of status 200 (§11)."""
    body: ChatShape = {"code": code, "message": message, "sid": sid}
    return written(body)


def _envelope(answer: HttpAnswer) -> ChatShape:
    return {"code": 0, "message": "Success", "sid": answer.sid}


def _chunk(answer: HttpAnswer, delta: MessageShape, usage: UsageShape | None = None) -> bytes:
    chunk = _envelope(answer)
    chunk["id"] = answer.sid
    chunk["created"] = answer.created
    chunk["choices"] = [{"delta": delta, "index": 0}]
    if usage is not None:
        chunk["usage"] = usage
    return written(chunk)


def _delta(delta: Delta) -> MessageShape:
    """Write a delta; one of reasoning has no content at all (§4)."""
    if delta.reasoning is not None:
        return {"role": "assistant", "reasoning_content": delta.reasoning}
    return {"role": "assistant", "content": delta.content}


def _calls(answer: HttpAnswer, form: CallsForm) -> MessageShape:
    calls: list[ToolCallShape] = [
        {
            "type": "function",
            "id": f"call_{answer.sid.partition('@')[0]}_{index}",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for index, call in enumerate(answer.calls, 1)
    ]
    if form == "text":
        return {"content": written(calls[0] if len(calls) == 1 else calls).decode()}
    return {"tool_calls": calls if form == "array" else calls[0]}


def _pages(answer: HttpAnswer) -> MessageShape:
    call: ToolCallShape = {
        "type": "web_search",
        "web_search": {
            "outputs": [
                {"index": page.index, "url": page.url, "title": page.title} for page in answer.pages
            ]
        },
    }
    return {"role": "tool", "tool_calls": [call]}


def _usage(answer: HttpAnswer) -> UsageShape:
    usage = answer.usage
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
