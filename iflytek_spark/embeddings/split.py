"""The way from a text to its vector; one too long is cut, and its parts' vectors averaged."""

from __future__ import annotations

import bisect
import math
import re
from collections.abc import Callable, Sequence
from operator import mul
from typing import TypeAlias

from iflytek_spark.assumptions import SMALLEST_SPLIT_TOKENS
from iflytek_spark.errors import ContextLengthError, ProtocolError
from iflytek_spark.models.services import TooLong, Vector
from iflytek_spark.protocol.steps import Flow
from iflytek_spark.requests.tokens import estimate_tokens

_CHARS_PER_TOKEN = 4
"""No token of the estimate holds more."""
_SENTENCE_END = re.compile(r"[。！？；…\n]+[”’」』）]*|[.!?;]+[\"')\]]*(?=\s)")
_GAP = re.compile(r"[\s，、,：:]+")


Ask: TypeAlias = Callable[[str], Flow[Vector]]


def embedding_flow(text: str, ask: Ask, too_long: TooLong, max_tokens: int | None) -> Flow[Vector]:
    """Find the vector of one text.

    A text that is too long by our estimate, or by the service's own count, becomes the mean of
    its parts' vectors, weighted by their tokens.

    Args:
        text: the text.
        ask: starts a call for a text or a part.
        too_long: what to do with a text above the limit; by our own estimate such a text is
            refused before this.
        max_tokens: the limit, or None where only the service knows it.

    Yields:
        Steps as in :func:`~iflytek_spark.protocol.call.call_flow`.

    Returns:
        The vector.

    Raises:
        SparkError: when a call has failed for good.
    """
    tokens = estimate_tokens(text)
    if max_tokens is not None and tokens > max_tokens:
        return (yield from _joined(split_text(text, max_tokens), ask, too_long, max_tokens))
    try:
        return (yield from ask(text))
    except ContextLengthError:
        if too_long == "error" or tokens <= SMALLEST_SPLIT_TOKENS:
            raise
    # The estimate was too low, so that half of it is tried.
    return (yield from _joined(split_text(text, tokens // 2 + 1), ask, too_long, max_tokens))


def _joined(parts: list[str], ask: Ask, too_long: TooLong, max_tokens: int | None) -> Flow[Vector]:
    vectors, weights = [], []
    for part in parts:
        vectors.append((yield from embedding_flow(part, ask, too_long, max_tokens)))
        weights.append(estimate_tokens(part))
    return mean_vector(vectors, weights)


def split_text(text: str, limit: int) -> list[str]:
    """Cut a text into parts: after a sentence, else at a gap, else anywhere.

    Args:
        text: any text.
        limit: the most tokens of one part, as estimated, at least 1.

    Returns:
        The parts in order, none of them blank. Nothing but white space between them is lost.
    """
    parts: list[str] = []
    start = 0
    while start < len(text):
        window = text[start : start + _CHARS_PER_TOKEN * limit + 1]
        size = _fitting(window, limit)
        if start + size < len(text):
            size = _border(window[:size])
        parts.append(text[start : start + size].strip())
        start += size
    return [part for part in parts if part]


def _fitting(window: str, limit: int) -> int:
    """Return the length of the longest beginning that is within the limit."""
    lengths = range(1, len(window) + 1)
    return bisect.bisect_right(lengths, limit, key=lambda size: estimate_tokens(window[:size]))


def _border(part: str) -> int:
    """Return where to cut, in the second half of a part: a short one would carry little."""
    for border in (_SENTENCE_END, _GAP):
        ends = [found.end() for found in border.finditer(part, len(part) // 2)]
        if ends:
            return ends[-1]
    return len(part)


def mean_vector(vectors: Sequence[Sequence[float]], weights: Sequence[float]) -> Vector:
    """Average the vectors of a text's parts.

    The mean of vectors that point apart is shorter than each of them. The result has the mean's
    direction and the vectors' mean length, so that long texts do not fall behind in a search
    that compares by inner product.

    Args:
        vectors: at least one.
        weights: how much each counts: the tokens of its part.

    Returns:
        One vector.

    Raises:
        ProtocolError: when the vectors cancel each other out.
    """
    total = math.fsum(weights)
    shares = [weight / total for weight in weights]
    mean = [sum(map(mul, shares, column)) for column in zip(*vectors)]
    length = math.hypot(*mean)
    if not length:
        raise ProtocolError("the vectors of a long text's parts cancel each other out")
    usual = sum(share * math.hypot(*vector) for share, vector in zip(shares, vectors))
    return [number * usual / length for number in mean]
