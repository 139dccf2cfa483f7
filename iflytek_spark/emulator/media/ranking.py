"""How much each of some texts has to do with a query: words in common, the rare ones first.

The features are those of the vectors, words and pairs of characters; a feature weighs more the
fewer of the given texts have it, and counts less the more often it comes and the longer its text
is (Okapi BM25). The query's whole weight is 1, so that a score lies between 0 and 1.

There is no meaning in it: a text that says the same in other words gets nothing for it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from iflytek_spark.emulator.media.vectors import text_features

_SATURATION, _LENGTH = 1.2, 0.5


def relevances(query: str, documents: Sequence[str]) -> list[float]:
    """Score documents against a query, between 0 and 1, in their order."""
    counted = [Counter(feature for feature, _ in text_features(text)) for text in documents]
    asked = dict(text_features(query))
    weights = {feature: weight * _rarity(feature, counted) for feature, weight in asked.items()}
    whole = sum(weights.values()) or 1.0
    mean = sum(map(Counter.total, counted)) / len(counted) or 1.0
    return [_score(weights, counts, counts.total() / mean) / whole for counts in counted]


def _rarity(feature: str, counted: Sequence[Counter[str]]) -> float:
    having = sum(feature in counts for counts in counted)
    return math.log(1 + (len(counted) - having + 0.5) / (having + 0.5))


def _score(weights: dict[str, float], counts: Counter[str], length: float) -> float:
    damping = _SATURATION * (1 - _LENGTH + _LENGTH * length)
    return sum(
        weight * counts[feature] / (counts[feature] + damping)
        for feature, weight in weights.items()
    )
