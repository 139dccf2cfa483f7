"""Prompts that ask for a judgement: a word of two, a score, JSON with both."""

from __future__ import annotations

import json

import pytest

from iflytek_spark.emulator import Emulator
from tests.emulator.raw_client import ask

_TEA = "黄山毛峰是一种绿茶，产于安徽省黄山一带。\n冲泡绿茶的水温在八十度上下，沸水会让茶汤发苦。"
_TRUE, _FALSE = "冲泡绿茶的水温在八十度上下。", "冲泡红茶要用一百度的沸水，煮三个小时。"

_VERDICTS = [
    (("Answer with either YES or NO. Examples:\nInformation: Cats bark.\nContext: Cats mew.\n"
     "Answer: NO\n\nInformation: {claim}\nContext: {context}\nAnswer: "), "YES", "NO"),
    (("You have two options: YES/ NO.\nQuery and Response:\nQuestion: 水温是多少？\nResponse: "
     "{claim}\nContext:\n{context}\nAnswer: "), "YES", "NO"),
    (("Is the following information present in the context: {claim}\nWe have an existing YES/NO "
     "answer: NO\n------------\n{context}\n------------\nOtherwise answer NO.\n"), "YES", "NO"),
    (("Score the answer as CORRECT or INCORRECT, based on the context.\nCONTEXT: {context}\n"
     "STUDENT ANSWER: {claim}\nGRADE:"), "CORRECT", "INCORRECT"),
    ("资料：\n{context}\n\n陈述：{claim}\n\n请判断资料是否支持，只回答“是”或“否”。", "是", "否"),
    ("有依据时输出“支持”，没有时输出“不支持”。\n【上下文】{context}\n【回答】{claim}",
     "支持", "不支持"),
]  # fmt: skip


@pytest.mark.parametrize(("template", "yes", "no"), _VERDICTS)
def test_a_statement_is_compared_with_the_context(
    spark: Emulator, template: str, yes: str, no: str
) -> None:
    assert ask(spark, template.format(claim=_TRUE, context=_TEA)).text == yes
    assert ask(spark, template.format(claim=_FALSE, context=_TEA)).text == no


@pytest.mark.parametrize(
    ("question", "verdict"), [("绿茶的水温是多少？", "YES"), ("Who wrote Hamlet?", "NO")]
)
def test_a_context_is_compared_with_the_question(
    spark: Emulator, question: str, verdict: str
) -> None:
    prompt = (
        "Return YES if the context is relevant to the question and NO if it isn't.\n\n"
        f"> Question: {question}\n> Context:\n>>>\n{_TEA}\n>>>\n> Relevant (YES / NO):"
    )
    assert ask(spark, prompt).text == verdict


@pytest.mark.parametrize(
    ("answer", "verdict"), [("八十度上下，不要用沸水。", "CORRECT"), ("一百度。", "INCORRECT")]
)
def test_an_answer_is_compared_with_the_right_one(
    spark: Emulator, answer: str, verdict: str
) -> None:
    prompt = (
        "Grade as CORRECT or INCORRECT.\nQUESTION: 水温是多少？\nSTUDENT ANSWER: "
        f"{answer}\nTRUE ANSWER: 八十度\nGRADE:"
    )
    assert ask(spark, prompt).text == verdict


def test_a_wrong_number_makes_a_statement_wrong(spark: Emulator) -> None:
    prompt = "Answer YES or NO.\nStatement: The wall is {} kilometres long.\nContext: {}"
    context = "The wall is 20,000 kilometres long."
    assert ask(spark, prompt.format("20,000", context)).text == "YES"
    assert ask(spark, prompt.format("300", context)).text == "NO"


def test_a_positive_verdict_stays(spark: Emulator) -> None:
    prompt = (
        f"Is the following information present in the context: {_FALSE}\nWe have an existing "
        f"YES/NO answer: YES\n------------\n{_TEA}\n------------\nIf it was YES, still answer YES."
    )
    assert ask(spark, prompt).text == "YES"


def test_a_question_for_yes_or_no_without_a_text_is_no_verdict(spark: Emulator) -> None:
    assert ask(spark, "Is the sea blue, yes or no?").text.startswith("You asked")


_JUDGE = """你是评审，请根据参考答案评估回答的质量。

【问题】冲泡绿茶的水温是多少？
【参考答案】{right}
【模型回答】{answer}
"""
_FORMS = [
    "请以 JSON 格式返回，包含 score（1到5的整数）和 reason（一句话）。",
    '输出 JSON：\n{"score": 1-5, "reason": "<理由>"}',
    '输出 JSON，例如 {"score": 3, "reason": "…"}，分数在 1 到 5 之间。',
    "只输出 JSON：\n- score: 整数，1~5\n- reason: 理由",
    "Reply in JSON with the keys score (an integer between 1 and 5) and reason (string).",
]


@pytest.mark.parametrize("between", ["", "\n"])
@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize(("answer", "score"), [(_TRUE, 5), ("谁知道呢", 1)])
def test_a_score_in_json_lies_in_the_named_range(
    spark: Emulator, between: str, form: str, answer: str, score: int
) -> None:
    prompt = _JUDGE.format(right=_TRUE, answer=answer) + between + form
    found = json.loads(ask(spark, prompt).text)
    assert found.keys() == {"score", "reason"}
    assert found["score"] == score
    assert isinstance(found["score"], int)
    assert "%" in found["reason"]


def test_each_key_has_a_range_and_kind_of_its_own(spark: Emulator) -> None:
    form = (
        '只输出 JSON：\n{"faithfulness": 0-10, "relevance": <0 到 1 之间的小数>, '
        '"passed": true/false,\n "verdict": "是或否", "topics": "主题的列表", "comment": "评语"}'
    )
    found = json.loads(ask(spark, _JUDGE.format(right=_TRUE, answer=_TRUE) + form).text)
    assert (found["faithfulness"], found["relevance"]) == (10, 1.0)
    assert (found["passed"], found["verdict"]) == (True, "是")
    assert isinstance(found["topics"], list)
    assert "没有语言模型" in found["comment"]


def test_a_schema_is_judged_by_its_bounds(spark: Emulator) -> None:
    schema = {
        "type": "object",
        "properties": {
            "quality": {"type": "number", "minimum": 0, "maximum": 100},
            "correct": {"type": "boolean"},
            "reasoning": {"type": "string"},
        },
        "required": ["quality", "correct", "reasoning"],
    }
    judge = _JUDGE.format(right=_TRUE, answer=_FALSE)
    found = json.loads(ask(spark, f"{judge}按照这个 JSON Schema 输出：\n{json.dumps(schema)}").text)
    assert 0 <= found["quality"] < 50
    assert found["correct"] is False
    tool = {"name": "judge", "description": "Takes the judgement", "parameters": schema}
    call = ask(spark, judge, functions={"text": [tool]}, function_choice="judge").call
    assert call == ("judge", found)


@pytest.mark.parametrize(
    ("form", "begin", "end"),
    [
        ("Your score has to be between 1 and 5. Write a line with only the score, then why.",
         "5.0\n", ""),
        ("Rate on a scale of 0 to 10, like [[5]].", "", "\n[[10]]"),
        (("1. Does it fit?\n2. Is it whole?\nEach question above is worth 1 point. End with "
         "'[RESULT] followed by the total'."), "", "\n[RESULT] 2"),
        ("按满分100分打分，最后一行写 [[rating]]。", "", "\n[[100]]"),
    ],
)  # fmt: skip
def test_a_score_in_words_has_the_named_form(
    spark: Emulator, form: str, begin: str, end: str
) -> None:
    system = {"role": "system", "content": form}
    answers = (
        f"## User Query\n水温？\n\n## Reference Answer\n{_TRUE}\n\n## Generated Answer\n{_TRUE}"
    )
    text = ask(spark, system, answers).text
    assert text.startswith(begin)
    assert text.endswith(end)
    assert "100%" in text
