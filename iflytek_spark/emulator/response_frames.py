"""Cuts a reply into frames and counts its tokens (PROTOCOL.md §2.3)."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import NamedTuple

from iflytek_spark.emulator.replies import Reply, SeenChat
from iflytek_spark.messages import Usage
from iflytek_spark.protocol.wire.chat_server import encode_answer, encode_search
from iflytek_spark.protocol.wire.values import Delta, FunctionCall
from iflytek_spark.requests.tokens import estimate_prompt_tokens, estimate_tokens


def response_frames(request: SeenChat, reply: Reply, sid: str, chunk_size: int) -> Iterator[str]:
    """Write all frames of an answer, each of ``chunk_size`` characters, as JSON."""
    if reply.citations:
        yield encode_search(sid, reply.citations)
    deltas, *tokens, _ = cut_reply(request, reply, chunk_size)
    completion = sum(tokens)
    prompt = request.prompt_tokens
    usage = reply.usage or Usage(prompt, completion, prompt + completion)
    question = estimate_prompt_tokens(request.messages[-1:])
    yield from encode_answer(sid, deltas, usage, question, about_image=request.spec.images)


class Cut(NamedTuple):
    """A reply in parts.

    Attributes:
        deltas: what each frame carries; at least one.
        reasoning_tokens: the tokens of the reasoning.
        text_tokens: those of the text; a function call has none (§3).
        truncated: whether ``max_tokens`` has cut it.
    """

    deltas: list[Delta]
    reasoning_tokens: int
    text_tokens: int
    truncated: bool


def _limit(request: SeenChat) -> float:
    return request.options.get("max_tokens") or request.spec.default_max_tokens or float("inf")


def cut_reply(request: SeenChat, reply: Reply, size: int) -> Cut:
    """Cut a reply into deltas of ``size`` characters, and count its tokens.

    The request's limit holds for reasoning and answer together (§5).
    """
    limit = _limit(request)
    reasoning, reasoning_tokens = _cut(reply.reasoning, limit)
    text, text_tokens = _cut(reply.text, limit - reasoning_tokens)
    deltas = [Delta(reasoning=part) for part in _chunks(reasoning, size)]
    cut = _as_given(text, reply.deltas) if reply.deltas else _chunks(text, size)
    deltas += [Delta(part) for part in cut]
    deltas += [Delta(call=FunctionCall(call.name, call.written)) for call in reply.calls]
    truncated = (reasoning, text) != (reply.reasoning, reply.text)
    return Cut(deltas or [Delta()], reasoning_tokens, text_tokens, truncated)


def _chunks(text: str, size: int) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


def _as_given(text: str, deltas: tuple[str, ...]) -> Iterator[str]:
    """Cut a text where ``deltas`` do; it may end before them."""
    start = 0
    for delta in deltas:
        if start < len(text):
            yield text[start : start + len(delta)]
        start += len(delta)


def _cut(text: str, limit: float) -> tuple[str, int]:
    """Return the longest beginning of at most ``limit`` tokens; a cut one counts as ``limit``."""
    tokens = estimate_tokens(text)
    if tokens <= limit:
        return text, tokens
    lengths = range(1, len(text) + 1)
    fitting = bisect.bisect_right(lengths, limit, key=lambda n: estimate_tokens(text[:n]))
    return text[:fitting], int(limit)
