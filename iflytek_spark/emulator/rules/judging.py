"""Fills in a judgement, as an application that grades answers asks for it.

The score is the share of the right answer's words that the judged answer holds, spread over the
range of the schema. It says nothing about quality; it only has the form that was asked for.
"""

from __future__ import annotations

import re

from iflytek_spark.emulator.rules.context import given
from iflytek_spark.emulator.rules.json_schema import resolve, type_of
from iflytek_spark.emulator.rules.labels import parts
from iflytek_spark.emulator.rules.words import is_chinese, terms
from iflytek_spark.messages import JSONObject

_REASON = re.compile(
    r"reason|expla|feedback|comment|why|理由|原因|说明|解释|评语|依据", re.IGNORECASE
)


def judged(schema: JSONObject, text: str) -> JSONObject:
    """Settle the score and the reason in a schema, if a prompt gives an answer and the right one.

    Returns:
        The schema; what is judged has one value left in it.
    """
    found = parts(text)
    answer, right = given(found, "statement"), given(found, "reference")
    wanted = terms(right)
    if not (answer and wanted):
        return schema
    share = len(wanted & terms(answer)) / len(wanted)
    properties = {
        name: _judged(name, resolve(inner, schema), share, is_chinese(right))
        for name, inner in schema.get("properties", {}).items()
    }
    return {**schema, "properties": properties}


def _judged(name: str, schema: JSONObject, share: float, chinese: bool) -> JSONObject:
    kind = type_of(schema)
    if kind in ("integer", "number") and {"minimum", "maximum"} <= schema.keys():
        low, high = schema["minimum"], schema["maximum"]
        score = low + share * (high - low)
        return {"const": round(score) if kind == "integer" else round(score, 2)}
    if kind == "string" and "enum" not in schema and _REASON.search(name):
        return {"const": _reason(round(100 * share), chinese)}
    return schema


def _reason(percent: int, chinese: bool) -> str:
    if chinese:
        return f"规则比较了词语：有 {percent}% 相同。这里没有语言模型，分数只供试跑。"
    return f"By rule, {percent}% of the words are shared. No language model has judged this."
