"""Cuts an answer into frames and counts its tokens (PROTOCOL.md §2.3)."""

from __future__ import annotations

import bisect
from collections.abc import Iterator

from iflytek_spark.emulator import choices
from iflytek_spark.emulator.responder import Answer
from iflytek_spark.messages import Usage
from iflytek_spark.model_spec import ModelSpec
from iflytek_spark.protocol.service_frames import encode_answer, encode_search
from iflytek_spark.protocol.wire import Piece, Turn, WireRequest
from iflytek_spark.tokens import estimate_tokens


def turn_tokens(turn: Turn) -> int:
    """Estimate the tokens of one message; an image has a fixed number (§6)."""
    return choices.IMAGE_TOKENS if turn.image else estimate_tokens(turn.content)


def prompt_tokens(request: WireRequest) -> int:
    """Estimate the tokens of all messages together."""
    return sum(map(turn_tokens, request.turns))


def answer_frames(
    request: WireRequest, spec: ModelSpec, answer: Answer, sid: str, size: int
) -> Iterator[str]:
    """Write all frames of an answer.

    Args:
        request: what is answered.
        spec: the model that answers.
        answer: what it answers.
        sid: the session id.
        size: characters in one frame.

    Yields:
        JSON, one frame at a time.
    """
    if answer.pages:
        yield encode_search(sid, answer.pages)
    pieces, completion = _pieces(answer, _limit(request, spec), size)
    prompt = prompt_tokens(request)
    usage = Usage(prompt, completion, prompt + completion)
    question = turn_tokens(request.turns[-1])
    yield from encode_answer(sid, pieces, usage, question, about_image=spec.images)


def _limit(request: WireRequest, spec: ModelSpec) -> float:
    return request.numbers.get("max_tokens") or spec.default_max_tokens or float("inf")


def _pieces(answer: Answer, limit: float, size: int) -> tuple[list[Piece], int]:
    """Return what each frame carries, and the tokens of it all.

    The limit holds for thoughts and answer together (§5); a function call has 0 tokens (§3).
    """
    if answer.call is not None:
        return [Piece(call=answer.call)], 0
    reasoning, thought = _cut(answer.reasoning, limit)
    text, told = _cut(answer.text, limit - thought)
    pieces = [Piece(reasoning=part) for part in _parts(reasoning, size)]
    pieces += [Piece(part) for part in _parts(text, size)]
    return pieces or [Piece()], thought + told


def _parts(text: str, size: int) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


def _cut(text: str, limit: float) -> tuple[str, int]:
    """Return the longest beginning of at most ``limit`` tokens; a cut one counts as ``limit``."""
    tokens = estimate_tokens(text)
    if tokens <= limit:
        return text, tokens
    lengths = range(1, len(text) + 1)
    fitting = bisect.bisect_right(lengths, limit, key=lambda n: estimate_tokens(text[:n]))
    return text[:fitting], int(limit)
