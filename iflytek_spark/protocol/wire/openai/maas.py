"""What dialect B, the MaaS hosts, answers (PROTOCOL-HTTP.md §1, §3, §5, §12)."""

from __future__ import annotations

from collections.abc import Iterator

from iflytek_spark.protocol.wire.openai.service_values import HttpAnswer, written
from iflytek_spark.protocol.wire.openai.shapes import (
    DONE,
    ChatShape,
    ChoiceShape,
    ErrorShape,
    MessageShape,
    ToolCallShape,
    UsageShape,
    UsageStyle,
)
from iflytek_spark.protocol.wire.values import Delta

EVENT = b"data: "
"""What stands before the payload of an event."""

_ZERO: UsageShape = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
_STOP_TOKEN = 1


def encode_answer(answer: HttpAnswer) -> bytes:
    """Write a whole answer."""
    message: MessageShape = {
        "content": answer.content,
        "reasoning_content": answer.reasoning or None,
        "role": "assistant",
        "tool_calls": _calls(answer) or None,
    }
    choice: ChoiceShape = {
        "finish_reason": answer.finish_reason,
        "index": 0,
        "logprobs": None,
        "matched_stop": _STOP_TOKEN,
        "message": message,
    }
    body: ChatShape = {
        "choices": [choice],
        "created": answer.created,
        "id": answer.sid,
        "metadata": {"weight_version": "default"},
        "model": answer.model,
        "object": "chat.completion",
        "usage": _usage(answer, detailed=True),
    }
    return written(body)


def encode_chunks(
    answer: HttpAnswer, style: UsageStyle, *, include_usage: bool = True
) -> Iterator[bytes]:
    """Write the payloads of a stream's events, the end among them.

    Args:
        answer: the answer.
        style: where its usage stands.
        include_usage: whether it is told at all.
    """
    zeros = include_usage and style == "zeros"
    for choice in _choices(answer, style):
        at_end = choice["finish_reason"] is not None
        chunk = _chunk(answer, [choice])
        if include_usage and at_end and style != "own_chunk":
            chunk["usage"] = _usage(answer, detailed=False)
        elif zeros:
            chunk["usage"] = _ZERO
        yield written(chunk)
    if include_usage and style == "own_chunk":
        last = _chunk(answer, [])
        last["usage"] = _usage(answer, detailed=True)
        yield written(last)
    yield DONE


def encode_failure(sid: str, code: int, message: str, time: str) -> bytes:
    """Write an error as an event of a stream (§7), with the time of day that it names."""
    text = f"Xunfei request failed with Sid: {sid} code: {code}, msg: {message}, timeStamp:{time}"
    body: ErrorShape = {"error": {"code": code, "message": text}}
    return written(body)


def _choices(answer: HttpAnswer, style: UsageStyle) -> Iterator[ChoiceShape]:
    """Make the choices of all chunks; on the older engine the last text carries the end."""
    deltas: list[MessageShape] = [
        {"content": "", "reasoning_content": None, "role": "assistant"},
        *map(_delta, answer.texts),
    ]
    if answer.calls:
        deltas.append(
            {"content": None, "reasoning_content": None, "role": None, "tool_calls": _calls(answer)}
        )
    if style != "with_finish":
        deltas.append({"reasoning_content": None})
    for index, delta in enumerate(deltas, 1):
        ends = index == len(deltas)
        yield {
            "delta": delta,
            "finish_reason": answer.finish_reason if ends else None,
            "index": 0,
            "logprobs": None,
            "matched_stop": _STOP_TOKEN if ends else None,
        }


def _chunk(answer: HttpAnswer, choices: list[ChoiceShape]) -> ChatShape:
    return {
        "choices": choices,
        "created": answer.created,
        "id": answer.sid,
        "model": answer.model,
        "object": "chat.completion.chunk",
    }


def _delta(delta: Delta) -> MessageShape:
    if delta.reasoning is not None:
        return {"reasoning_content": delta.reasoning}
    return {"content": delta.content, "reasoning_content": None}


def _calls(answer: HttpAnswer) -> list[ToolCallShape]:
    return [
        {
            "function": {"arguments": call.arguments, "name": call.name},
            "id": f"call_{answer.sid.partition('@')[0]}_{index}",
            "index": index,
            "type": "function",
        }
        for index, call in enumerate(answer.calls)
    ]


def _usage(answer: HttpAnswer, *, detailed: bool) -> UsageShape:
    usage = answer.usage
    counts: UsageShape = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
    if detailed:
        counts["completion_tokens_details"] = {"reasoning_tokens": answer.reasoning_tokens}
        counts["prompt_tokens_details"] = None
    return counts
