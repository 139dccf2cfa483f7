"""Gives scores: the share of words that two texts have in common, spread over the named range.

See :mod:`~iflytek_spark.emulator.responder.overlap` for what is compared. Such a score says
nothing about the quality of an answer; it only has the form that was asked for.
"""

from __future__ import annotations

import math
import re

from iflytek_spark.emulator.responder.context import orders_of
from iflytek_spark.emulator.responder.overlap import Comparison, comparison_of
from iflytek_spark.emulator.responder.prompt import Prompt
from iflytek_spark.emulator.responder.schema import kind_of, resolve
from iflytek_spark.emulator.responder.verdicts import holds, verdict_pair
from iflytek_spark.emulator.responder.words import is_chinese
from iflytek_spark.messages import JSONObject

_JUDGES = re.compile(
    r"\b(?:evaluat\w*|judg\w*|assess\w*|grad(?:e|ing)|scor\w*|rat(?:e|ing))\b|评估|评价|评分|打分|评判"
    r"|判断|裁判",
    re.IGNORECASE,
)
_SCORE = re.compile(r"scor|rating|grade|relevan|faithful|correct|分|度$|性$", re.IGNORECASE)
_REASON = re.compile(
    r"reason|expla|feedback|comment|why|理由|原因|说明|解释|评语|依据", re.IGNORECASE
)
_SPAN = re.compile(
    r"(?<![\d.])(\d{1,6}(?:\.\d+)?)\s*分?\s*(?:-|–|—|~|～|to|and|到|至)\s*(\d{1,6}(?:\.\d+)?)(?![\d.]*\d)"
)
_WORTH = re.compile(r"each\b[^\n.]{0,40}\bworth (\d{1,6}) points?", re.IGNORECASE)
_AT_MOST = re.compile(r"(?:out of|满分(?:为|是)?)\s*(\d{1,6})(?!\d)", re.IGNORECASE)
_ORDINARY = (1.0, 5.0)
_ITEM = re.compile(r"^[ \t]*\d+\. ", re.MULTILINE)
_MARKED = (
    (re.compile(r"\[\[(?:rating|\d+)\]\]", re.IGNORECASE), "{reason}\n[[{score:g}]]"),
    (re.compile(r"\[RESULT\]"), "{reason}\n[RESULT] {score:g}"),
    (re.compile(r"line with only the score", re.IGNORECASE), "{score}\n{reason}"),
)


def settled(schema: JSONObject, text: str) -> JSONObject:
    """Settle the scores, verdicts and reasons in a schema, if a prompt asks to judge something.

    Args:
        schema: the schema of an object.
        text: the prompt.

    Returns:
        The schema; what is judged has one value left in it.
    """
    compared = comparison_of(text) if _JUDGES.search(orders_of(text)) else None
    if compared is None:
        return schema
    properties = {
        name: _judged(name, resolve(inner, schema), compared, text)
        for name, inner in schema.get("properties", {}).items()
    }
    return {**schema, "properties": properties} if properties else schema


def score_in_words(prompt: Prompt) -> str | None:
    """Answer with a score and a reason in the form that the prompt names, or None.

    Args:
        prompt: the conversation.
    """
    orders = orders_of(prompt.whole)
    form = next((form for asks, form in _MARKED if asks.search(orders)), None)
    compared = comparison_of(prompt.whole)
    if form is None or compared is None:
        return None
    low, high = _span(orders) or _ORDINARY
    score = float(round(low + compared.share * (high - low)))
    return form.format(score=score, reason=_reason(compared))


def _judged(name: str, schema: JSONObject, compared: Comparison, text: str) -> JSONObject:
    kind, said = kind_of(schema), str(schema.get("description", ""))
    if kind in ("integer", "number") and (_SCORE.search(name) or _bounds(schema)):
        low, high = _bounds(schema) or _span(said) or _span(orders_of(text)) or _ORDINARY
        return {"const": _score(compared, low, high, whole=kind == "integer")}
    if kind == "boolean":
        return {"const": holds(compared)}
    if pair := verdict_pair(said):
        return {"const": pair[0] if holds(compared) else pair[1]}
    if kind == "string" and "enum" not in schema and _REASON.search(name):
        return {"const": _reason(compared)}
    return schema


def _score(compared: Comparison, low: float, high: float, *, whole: bool) -> float:
    score = low + compared.share * (high - low)
    return round(score) if whole else round(score, 2)


def _bounds(schema: JSONObject) -> tuple[float, float] | None:
    low, high = (float(schema.get(name, math.inf)) for name in ("minimum", "maximum"))
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


def _span(text: str) -> tuple[float, float] | None:
    """Return the range that a text names, such as *1-5*, *between 0 and 1*, 满分10分."""
    found = _SPAN.search(text)
    if found:
        return float(found[1]), float(found[2])
    if worth := _WORTH.search(text):
        return 0.0, float(worth[1]) * len(_ITEM.findall(text))
    most = _AT_MOST.search(text)
    return (0.0, float(most[1])) if most else None


def _reason(compared: Comparison) -> str:
    percent = round(100 * compared.share)
    if is_chinese(compared.text):
        return f"规则比较了词语：有 {percent}% 相同。这里没有语言模型，分数只供试跑。"
    return f"By rule, {percent}% of the words are shared. No language model has judged this."
