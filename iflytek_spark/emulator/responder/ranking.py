"""Ranks the numbered texts of a prompt by the words that they share with its question.

Two forms are known, both by the example in the prompt: lines of a number and a relevance, as
``Doc: 3, Relevance: 7``, and identifiers in their order, as ``[2] > [1]``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from iflytek_spark.emulator.responder.context import before_question, orders_of, question_of
from iflytek_spark.emulator.responder.overlap import Comparison
from iflytek_spark.emulator.responder.prompt import Prompt
from iflytek_spark.emulator.responder.words import is_chinese

_LINE = re.compile(
    r"^[ \t]*([^\n:：,，\d]{1,20}[:：][ \t]*)\d+"
    r"([,，][ \t]*[^\n:：,，\d]{0,10}(?:relevance|score|相关|得分|分数)[^\n:：,，\d]{0,10}[:：]"
    r"[ \t]*)\d+[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_CHAIN = re.compile(r"\[\d+\] > \[\d+\]")
_NUMBERED = re.compile(
    r"^[ \t]*(?:(?:document|doc|passage|文档|段落|资料|文本)[ \t]*(\d+)[ \t]*[:：]|\[(\d+)\])",
    re.IGNORECASE | re.MULTILINE,
)
_SCALE = re.compile(r"\d+\s*(?:-|–|~|～|to|到|至)\s*(\d+)")
_ORDINARY_BEST = 10


def rank(prompt: Prompt) -> str | None:
    """Answer with the ranking, if the prompt shows the form of one.

    Args:
        prompt: the conversation; the texts stand in its newest turn or in the user's earlier ones.
    """
    line, chain = _LINE.search(prompt.text), _CHAIN.search(prompt.text)
    texts = _numbered("\n".join((*prompt.history, prompt.text)))
    if not texts or not (line or chain):
        return None
    question = question_of(prompt.text)
    shares = {number: Comparison(question, text).share for number, text in texts.items()}
    order = sorted(shares, key=lambda number: (-shares[number], number))
    if line is None:
        return " > ".join(f"[{number}]" for number in order)
    fitting = [number for number in order if shares[number]]
    return _lines(line, fitting, shares, prompt.text) or _none(question)


def _numbered(text: str) -> dict[int, str]:
    """Return the texts behind the last numbers from 1 on, up to the question."""
    text = before_question(text)
    found = list(_NUMBERED.finditer(text))
    numbers = [int(match[1] or match[2]) for match in found]
    if 1 not in numbers:
        return {}
    first = len(numbers) - 1 - numbers[::-1].index(1)
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {
        number: text[match.end() : end]
        for number, match, end in zip(numbers[first:], found[first:], ends[first:])
    }


def _lines(line: re.Match[str], order: Sequence[int], shares: dict[int, float], text: str) -> str:
    """Write a line a text, with a relevance between 1 and the best of the named scale."""
    scale = _SCALE.search(orders_of(text))
    best = int(scale[1]) if scale else _ORDINARY_BEST
    return "\n".join(
        f"{line[1]}{number}{line[2]}{max(round(shares[number] * best), 1)}" for number in order
    )


def _none(question: str) -> str:
    return "没有相关的文档。" if is_chinese(question) else "No document is relevant."
