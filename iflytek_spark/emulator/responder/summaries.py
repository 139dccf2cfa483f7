"""Summarises a text with its own sentences: those that hold most of its frequent words."""

from __future__ import annotations

import math
import re
from collections import Counter

from iflytek_spark.emulator.responder.context import context_of, orders_of
from iflytek_spark.emulator.responder.labels import latest, parts
from iflytek_spark.emulator.responder.prompt import Prompt
from iflytek_spark.emulator.responder.words import sentences, terms

_ASKS = re.compile(
    r"^[^\n]*?(?:\b(?:write|give|create|provide)\b[^\n]{0,40}\bsummary\b|\bsummari[sz]e\b"
    r"|总结|概括|摘要|归纳)[^\n]*?(?:[:：]|$)|^[^\n]*summary:[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_LONG = 60
_MOST = 3


def summarise(prompt: Prompt) -> str | None:
    """Answer with a few sentences of the given text, if the prompt asks for a summary of it.

    Args:
        prompt: the conversation; the text is the marked one, else all but the line that asks.
    """
    if not _ASKS.search(orders_of(prompt.text)) or latest(parts(prompt.text), "question"):
        return None
    text = context_of(prompt.text) or _ASKS.sub("", prompt.text)
    return "\n".join(_main(list(dict.fromkeys(sentences(text))))) if len(text) >= _LONG else None


def _main(said: list[str]) -> list[str]:
    """Choose the sentences whose words are the most frequent for their number, in order."""
    words = [terms(sentence) for sentence in said]
    counts = Counter(term for shared in words for term in shared)
    weights = [sum(counts[term] for term in own) / math.sqrt(len(own) or 1) for own in words]
    chosen = sorted(range(len(said)), key=lambda index: -weights[index])[:_MOST]
    return [said[index] for index in sorted(chosen)]
