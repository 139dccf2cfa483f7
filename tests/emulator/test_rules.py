"""What the emulator answers by itself: a few general rules, tried with prompts of many makes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iflytek_spark.emulator import Emulator
from tests.emulator.raw_client import ask

_NOTES = """黄山位于安徽省南部，以奇松怪石闻名。西湖在浙江省杭州市，有十个著名的景点。
泰山位于山东省泰安市，是五岳之首。长城全长两万多千米。"""
_PAPER = """The Amazon carries more water than any other river. The Nile was long held to be the
longest river of the world. Lake Baikal is the deepest lake and holds a fifth of all fresh water."""


@pytest.mark.parametrize("greeting", ["你好", "您好！", "Hello", "hi there", "Good morning!"])
def test_it_greets(spark: Emulator, greeting: str) -> None:
    text = ask(spark, greeting).text
    assert text.startswith(("你好！", "Hello!"))
    assert greeting in text


@pytest.mark.parametrize(
    ("question", "start"),
    [
        ("用一句话介绍长城", "你问的是"),
        ("Write two haikus about rain.", "You asked"),
        ("他说：“你好”", "你问的是"),
        ("多行\n问题\t😀", "你问的是"),
    ],
)
def test_it_repeats_the_question_in_its_language(
    spark: Emulator, question: str, start: str
) -> None:
    text = ask(spark, question).text
    assert text.startswith(start)
    assert question in text


_PROMPTS = [
    ("Answer from the context; if it is of no help, say so.\nQuestion: {question}\nContext: "
    "{context}\nAnswer:"),
    ("Here is some context.\n----------\n{context}\n----------\nAnswer the query from it alone.\n"
    "Query: {question}\nAnswer: "),
    "只用下面的上下文回答。\n\n上下文：\n{context}\n\n问题：{question}\n回答：",
    "<context>\n{context}\n</context>\n\n{question}",
    '"""{context}"""\n请根据以上内容回答：{question}',
]  # fmt: skip


@pytest.mark.parametrize("template", _PROMPTS)
@pytest.mark.parametrize(
    ("context", "question", "answer"),
    [
        (_NOTES, "泰山在哪里？", "泰山位于山东省泰安市，是五岳之首。"),
        (_NOTES, "西湖有几个景点？", "西湖在浙江省杭州市，有十个著名的景点。"),
        (_PAPER, "Which lake is the deepest?", "Lake Baikal is the deepest lake and holds a fifth"),
    ],
)
def test_it_answers_from_a_context(
    spark: Emulator, template: str, context: str, question: str, answer: str
) -> None:
    text = ask(spark, template.format(context=context, question=question)).text
    assert text.startswith(answer)
    assert "长城" not in text
    assert "Nile" not in text


def test_a_context_may_stand_in_the_system_message(spark: Emulator) -> None:
    system = {"role": "system", "content": f"根据资料回答问题。\n资料：\n{_NOTES}"}
    assert ask(spark, system, "黄山在哪个省？").text == "黄山位于安徽省南部，以奇松怪石闻名。"


@pytest.mark.parametrize(
    ("question", "regret"),
    [("谁写了红楼梦？", "我不知道"), ("Who wrote Hamlet?", "I don't know")],
)
def test_it_says_when_a_context_has_no_answer(spark: Emulator, question: str, regret: str) -> None:
    text = ask(spark, f"Context: {_NOTES}\nQuestion: {question}").text
    assert regret in text
    assert question in text


def test_it_remembers_what_the_user_said(spark: Emulator) -> None:
    reply = {"role": "assistant", "content": "ok"}
    text = ask(spark, "My name is Bob and I live in Oslo.", reply, "What is my name?").text
    assert "My name is Bob" in text


def _json(spark: Emulator, prompt: str, **request: Any) -> Any:
    return json.loads(ask(spark, prompt, **request).text)


@pytest.mark.parametrize(
    ("prompt", "keys"),
    [
        ("Tell me a joke. Return it as a JSON with 'setup' and 'punchline' keys.",
         {"setup", "punchline"}),
        ("介绍北京，以JSON格式返回，键为“城市”和“人口”。", {"城市", "人口"}),
        ("介绍北京。返回JSON，包含城市、人口和面积三个字段。", {"城市", "人口", "面积"}),
        ("请返回JSON，包含name，age两个字段", {"name", "age"}),
        ("请以 JSON 返回，包含 score（1到5的整数）和 reason（一句话）。", {"score", "reason"}),
        ("Reply in JSON with the keys score (an integer) and reason (text).", {"score", "reason"}),
        ('Answer like {"title": "…", "year": 0} in JSON format.', {"title", "year"}),
        ("Give me anything as JSON.", {"answer"}),
    ],
)  # fmt: skip
def test_it_fills_the_keys_that_are_asked_for(spark: Emulator, prompt: str, keys: set[str]) -> None:
    found = _json(spark, prompt)
    assert found.keys() == keys
    assert all(value or value == 0 for value in found.values())


def test_it_fills_the_form_of_a_sample(spark: Emulator) -> None:
    sample = '{"title": "…", "year": 0, "tags": ["…"], "author": {"name": "…"}, "empty": []}'
    found = _json(spark, f"Describe the book “Emma” of 1815. Return JSON like {sample}")
    assert found["year"] == 1815
    assert found["title"] == "Emma"
    assert found["tags"][0]
    assert found["author"].keys() == {"name"}


def test_braces_that_are_no_json_do_no_harm(spark: Emulator) -> None:
    assert _json(spark, "Return {this} as JSON with the key 'a'.").keys() == {"a"}


def test_json_can_be_demanded_by_the_request(spark: Emulator) -> None:
    found = _json(spark, "介绍北京", response_format={"type": "json_object"})
    assert found.keys() == {"answer"}


def test_a_word_about_json_is_no_demand(spark: Emulator) -> None:
    assert ask(spark, "What is JSON?").text.startswith("You asked")


_PERSON = {
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "type": "object",
}


_EXAMPLE = (
    'For example, {{"foo": ["a"]}} fits {{"properties": {{"foo": {{"type": "array"}}}}}}, but '
    '{{"properties": {{"foo": ["a"]}}}} does not.'
)


@pytest.mark.parametrize(
    "template",
    [
        (
            f"Reply in JSON that fits the schema at the end. {_EXAMPLE}\nThe schema:\n"
            "```\n{schema}\n```\n{text}"
        ),
        "{text}\n\nFollow this JSON schema, and do not repeat it:\n{schema}\n\nOutput only JSON.",
        "请从下面的文字提取信息，按照JSON格式返回。\n{schema}\n文字：{text}",
    ],
)
def test_it_fills_a_schema_in_the_prompt(spark: Emulator, template: str) -> None:
    text = "The new colleague is called “Ada Lovelace” and 36 years old."
    found = _json(spark, template.format(schema=json.dumps(_PERSON), text=text))
    assert found == {"name": "Ada Lovelace", "age": 36}
