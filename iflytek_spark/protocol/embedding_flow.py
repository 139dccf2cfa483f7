"""The way from a text of any length to its vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from iflytek_spark.assumptions import SMALLEST_SPLIT_TOKENS
from iflytek_spark.errors import ContextLengthError
from iflytek_spark.protocol.embedding import MAX_TOKENS
from iflytek_spark.protocol.long_texts import mean_vector, split_text
from iflytek_spark.protocol.steps import Flow
from iflytek_spark.service_values import TooLong, Vector
from iflytek_spark.tokens import estimate_tokens

Ask: TypeAlias = Callable[[str], Flow[Vector]]


def embedding_flow(text: str, ask: Ask, too_long: TooLong) -> Flow[Vector]:
    """Find the vector of one text.

    A text that is too long by our estimate, or by the service's own count, becomes the mean of
    its pieces' vectors, weighted by their tokens.

    Args:
        text: the text.
        ask: starts a call for a text or a piece.
        too_long: what to do with a text above the limit; by our own estimate such a text is
            refused before this.

    Yields:
        Steps as in :func:`~iflytek_spark.protocol.call.call_flow`.

    Returns:
        The vector.

    Raises:
        SparkError: when a call has failed for good.
    """
    tokens = estimate_tokens(text)
    if tokens > MAX_TOKENS:
        return (yield from _joined(split_text(text, MAX_TOKENS), ask, too_long))
    try:
        return (yield from ask(text))
    except ContextLengthError:
        if too_long == "error" or tokens <= SMALLEST_SPLIT_TOKENS:
            raise
    # The estimate was too low, so that half of it is tried.
    return (yield from _joined(split_text(text, tokens // 2 + 1), ask, too_long))


def _joined(pieces: list[str], ask: Ask, too_long: TooLong) -> Flow[Vector]:
    vectors, weights = [], []
    for piece in pieces:
        vectors.append((yield from embedding_flow(piece, ask, too_long)))
        weights.append(estimate_tokens(piece))
    return mean_vector(vectors, weights)
