"""Answers with one of two words that the prompt names: YES or NO, 是 or 否 and the like.

A statement holds when most of its words and all of its numbers stand in what it is compared with
(see :mod:`~iflytek_spark.emulator.responder.overlap`); a question, when part of its words do.
A positive verdict that is to be refined stays positive.
"""

from __future__ import annotations

import re

from iflytek_spark.emulator.responder.context import orders_of
from iflytek_spark.emulator.responder.labels import latest, parts
from iflytek_spark.emulator.responder.overlap import Comparison, comparison_of
from iflytek_spark.emulator.responder.prompt import Prompt

_PAIRS = (
    ("YES", "NO"), ("Yes", "No"), ("yes", "no"), ("Y", "N"), ("TRUE", "FALSE"), ("True", "False"),
    ("true", "false"), ("CORRECT", "INCORRECT"), ("是", "否"), ("是", "不是"), ("支持", "不支持"),
    ("相关", "不相关"), ("正确", "错误"), ("正确", "不正确"),
)  # fmt: skip
_STATEMENT_HOLDS = 0.6
_QUESTION_HOLDS = 0.4
_OPEN, _CLOSE = "[\"'“‘「`*(（]*", "[\"'”’」`*)）]*"
_OR = r"\s*(?:/|\||\bor\b|或者?|还是|、)\s*(?:either )?"


def give_verdict(prompt: Prompt) -> str | None:
    """Answer with one of two words, if the prompt asks for one and gives something to compare.

    Args:
        prompt: the conversation.
    """
    pair = verdict_pair(orders_of(prompt.whole))
    compared = comparison_of(prompt.whole)
    if pair is None or compared is None:
        return None
    yes, no = pair
    before = latest(parts(prompt.whole), "existing").lower()
    return yes if before.startswith(yes.lower()) or holds(compared) else no


def holds(compared: Comparison) -> bool:
    """Tell whether enough of a text stands in the other one."""
    if compared.asks:
        return compared.share >= _QUESTION_HOLDS
    return compared.share >= _STATEMENT_HOLDS and compared.same_numbers


def verdict_pair(text: str) -> tuple[str, str] | None:
    """Find two words joined by *or* or a stroke, or both quoted or in capitals in one line.

    Args:
        text: what asks for one of them.

    Returns:
        The positive and the negative word, or None.
    """
    return next(((yes, no) for yes, no in _PAIRS if re.search(_form(yes, no), text)), None)


def _form(yes: str, no: str) -> str:
    before, after = (r"(?<!\w)", r"(?!\w)") if yes.isascii() else ("", "")
    joined = rf"{before}{_OPEN}{yes}{_CLOSE}{_OR}{_OPEN}{no}{_CLOSE}{after}"
    quoted = rf"[“\"'‘「`]{yes}[”\"'’」`][^\n]{{1,80}}[“\"'‘「`]{no}[”\"'’」`]"
    capitals = rf"|\b{yes}\b[^\n]{{1,160}}\b{no}\b" if yes.isupper() and len(yes) > 1 else ""
    return f"{joined}|{quoted}{capitals}"
