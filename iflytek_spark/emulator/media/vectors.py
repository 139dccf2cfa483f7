"""Vectors that carry real lexical similarity, so that a search over them makes sense.

A text becomes a bag of features, in the spirit of feature hashing:

- Chinese, Japanese and Korean characters count one by one and, with more weight, in pairs;
- words of other scripts count whole and, with less weight, by their character trigrams, so
  that ``search`` is near ``searching``; in a Chinese text they are mostly names, and count more;
- a word of up to three letters counts half;
- what function words are made of counts a tenth (:mod:`~iflytek_spark.emulator.media.language`);
- a feature that comes n times counts 1 + ln n times.

Each feature is hashed (BLAKE2, the same on every machine) to one of the 2,560 places and to a
sign, which keeps the mean of collisions at zero. The sum has length 1. A small component of its
own for each domain makes the vector of a query differ from that of the same text as a document.

There is no meaning in it: two texts are near when they share words or characters.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from iflytek_spark.emulator.media.language import CHINESE, CJK, ENGLISH
from iflytek_spark.models.services import DIMENSIONS, Vector

_RUN = re.compile(f"(?P<cjk>[{CJK}]+)|[^\\W_{CJK}]+")
_FUNCTION_WORD = re.compile("|".join(sorted(CHINESE, key=len, reverse=True)))
_PAIR, _SINGLE = 1.0, 0.6
_WORD, _SHORT_WORD = 1.5, 0.75
_TRIGRAM = 0.3
_WITHOUT_MEANING = 0.1
_DOMAIN = 0.1
"""The weight of the domain beside a text of length 1: the cosine of a text as query and as
document is about 0.99."""


def text_vector(text: str, domain: str = "", dimensions: int = DIMENSIONS) -> Vector:
    """Compute the vector of a text.

    Args:
        text: any text.
        domain: ``query`` or ``para``, or an empty string for a model without domains.
        dimensions: how many numbers it has.

    Returns:
        A vector of length 1, the same for the same arguments on every machine.
    """
    vector = [0.0] * dimensions
    for (feature, weight), count in Counter(text_features(text)).items():
        place, sign = _place(feature, dimensions)
        vector[place] += sign * weight * (1 + math.log(count))
    length = math.hypot(*vector) or 1.0
    vector = [number / length for number in vector]
    if not domain:
        return vector
    vector[_place(f"domain {domain}", dimensions)[0]] += _DOMAIN
    length = math.hypot(*vector)
    return [number / length for number in vector]


def text_features(text: str) -> Iterator[tuple[str, float]]:
    """Yield the features of a text, each with its weight, as often as they come."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    runs = list(_RUN.finditer(plain))
    if not runs:
        yield from ((char, _SINGLE) for char in plain if not char.isspace())
    for run in runs:
        yield from _cjk_features(run[0]) if run["cjk"] else _word_features(run[0])


def _cjk_features(run: str) -> Iterator[tuple[str, float]]:
    """Yield characters and pairs; a pair counts as its weaker character does."""
    weights = [1.0] * len(run)
    for word in _FUNCTION_WORD.finditer(run):
        weights[word.start() : word.end()] = [_WITHOUT_MEANING] * len(word[0])
    yield from ((char, _SINGLE * weight) for char, weight in zip(run, weights))
    pairs = zip(run, run[1:], weights, weights[1:])
    yield from ((one + other, _PAIR * min(both)) for one, other, *both in pairs)


def _word_features(word: str) -> Iterator[tuple[str, float]]:
    if word in ENGLISH:
        yield word, _WORD * _WITHOUT_MEANING
        return
    yield word, _SHORT_WORD if len(word) <= 3 else _WORD
    if len(word) > 3:
        marked = f"^{word}$"
        yield from ((marked[start : start + 3], _TRIGRAM) for start in range(len(word)))


def _place(feature: str, dimensions: int) -> tuple[int, int]:
    digest = hashlib.blake2b(feature.encode(), digest_size=8).digest()
    return int.from_bytes(digest[1:]) % dimensions, 1 if digest[0] & 1 else -1
