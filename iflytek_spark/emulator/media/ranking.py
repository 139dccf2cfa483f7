"""How much each of some texts has to do with a query: words in common, the rare ones first.

Three things are added up. The features of the vectors, words and pairs of characters: a feature
weighs more the fewer of the given texts have it, and counts less the more often it comes and the
longer its text is (Okapi BM25). Once more those of a text's first line, which is often its heading.
And the similarity of the vectors. The sum lies between 0 and 1.

There is no meaning in it: a text that says the same in other words gets nothing for it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from iflytek_spark.emulator.media.vectors import text_features, text_vector

_SATURATION, _LENGTH = 1.2, 0.3
_WORDS, _HEADING, _SIMILARITY = 1.0, 0.3, 0.5
_WHOLE = _WORDS + _HEADING + _SIMILARITY


def relevances(query: str, documents: Sequence[str]) -> list[float]:
    """Score documents against a query, between 0 and 1, in their order."""
    counted = [_counts(text) for text in documents]
    mean = sum(map(Counter.total, counted)) / len(counted) or 1.0
    weights = _weights(query, counted)
    vector = text_vector(query)
    return [
        (
            _WORDS * _in_common(weights, counts, counts.total() / mean)
            + _HEADING * _in_heading(weights, text)
            + _SIMILARITY * max(0.0, _cosine(vector, text_vector(text)))
        )
        / _WHOLE
        for text, counts in zip(documents, counted)
    ]


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other))


def _counts(text: str) -> Counter[str]:
    return Counter(feature for feature, _ in text_features(text))


def _weights(query: str, counted: Sequence[Counter[str]]) -> dict[str, float]:
    """Weigh the query's features; together they weigh 1."""
    asked = dict(text_features(query))
    weights = {feature: weight * _rarity(feature, counted) for feature, weight in asked.items()}
    whole = sum(weights.values()) or 1.0
    return {feature: weight / whole for feature, weight in weights.items()}


def _rarity(feature: str, counted: Sequence[Counter[str]]) -> float:
    having = sum(feature in counts for counts in counted)
    return math.log(1 + (len(counted) - having + 0.5) / (having + 0.5))


def _in_common(weights: dict[str, float], counts: Counter[str], length: float) -> float:
    damping = _SATURATION * (1 - _LENGTH + _LENGTH * length)
    return sum(
        weight * counts[feature] / (counts[feature] + damping)
        for feature, weight in weights.items()
    )


def _in_heading(weights: dict[str, float], text: str) -> float:
    heading = _counts(text.strip().partition("\n")[0])
    return sum(weight for feature, weight in weights.items() if feature in heading)
