"""Prompts that ask for a judgement as JSON, as the course does."""

from __future__ import annotations

import json

import pytest

from iflytek_spark.emulator import Emulator
from tests.emulator.raw_client import ask

_TRUE, _FALSE = "冲泡绿茶的水温在八十度上下。", "冲泡红茶要用一百度的沸水，煮三个小时。"
_JUDGE = """你是评审，请根据参考答案评估回答的质量。

【问题】冲泡绿茶的水温是多少？
【参考答案】{right}
【模型回答】{answer}
"""
_VERDICT = {
    "type": "object",
    "properties": {
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
        "reason": {"type": "string"},
    },
    "required": ["score", "reason"],
}


@pytest.mark.parametrize("between", ["", "\n"])
@pytest.mark.parametrize(("answer", "score"), [(_TRUE, 5), ("谁知道呢", 1)])
def test_a_score_lies_in_the_schemas_range(
    spark: Emulator, between: str, answer: str, score: int
) -> None:
    prompt = _JUDGE.format(right=_TRUE, answer=answer) + between
    form = f"请以 JSON 格式返回，按照这个 JSON Schema：\n{json.dumps(_VERDICT)}"
    found = json.loads(ask(spark, prompt + form).text)
    assert found.keys() == {"score", "reason"}
    assert found["score"] == score
    assert isinstance(found["score"], int)
    assert "%" in found["reason"]
    assert "没有语言模型" in found["reason"]


def test_a_schema_is_judged_by_its_bounds(spark: Emulator) -> None:
    schema = {
        "type": "object",
        "properties": {
            "quality": {"type": "number", "minimum": 0, "maximum": 100},
            "reasoning": {"type": "string"},
        },
        "required": ["quality", "reasoning"],
    }
    judge = _JUDGE.format(right=_TRUE, answer=_FALSE)
    found = json.loads(ask(spark, f"{judge}按照这个 JSON Schema 输出：\n{json.dumps(schema)}").text)
    assert 0 <= found["quality"] < 50
    tool = {"name": "judge", "description": "Takes the judgement", "parameters": schema}
    call = ask(spark, judge, functions={"text": [tool]}, function_choice="judge").call
    assert call == ("judge", found)


def test_the_reason_is_in_the_language_of_the_right_answer(spark: Emulator) -> None:
    prompt = "Judge.\nReference answer: eighty degrees\nAnswer: ninety degrees\nReply in JSON:\n"
    found = json.loads(ask(spark, prompt + json.dumps(_VERDICT)).text)
    assert found["score"] == 3
    assert found["reason"].startswith("By rule, 50%")
