"""Prompts that give a text: follow-ups, refinement, summaries, contexts in many forms."""

from __future__ import annotations

import re

import pytest

from iflytek_spark.emulator import Emulator
from tests.emulator.raw_client import Turn, ask

_TEA = """黄山毛峰是一种绿茶，产于安徽省黄山一带。
冲泡绿茶的水温在八十度上下，沸水会让茶汤发苦。
茶叶要密封、避光、低温保存，否则容易受潮变味。"""
_WALL = "The Great Wall is more than 20,000 kilometres long.\nTowers passed on warnings by smoke."

_CONDENSE = [
    ("Rephrase the follow up question to be a standalone question.\n\nChat History:\n"
    "Human: {before}\nAI: {reply}\nFollow Up Input: {question}\nStandalone question:"),
    ("<Chat History>\nuser: {before}\nassistant: {reply}\n\n<Follow Up Message>\n{question}\n\n"
    "Rewrite the message so that it is self-contained.\n<Standalone question>\n"),
    ("根据对话历史把最后的问题改写成独立的问题。\n\n对话历史：\n用户：{before}\n助手：{reply}\n\n"
    "追问：{question}\n独立问题："),
]  # fmt: skip


@pytest.mark.parametrize("template", _CONDENSE)
@pytest.mark.parametrize(
    ("before", "question", "standalone"),
    [
        ("黄山毛峰是什么茶？", "它的产地在哪里？", "它的产地在哪里？（黄山毛峰）"),
        ("星火 X1.5 的上下文有多长？", "那价格呢？", "那价格呢？（星火 X1.5、上下文）"),
        ("黄山毛峰是什么茶？", "泰山有多高？", "泰山有多高？"),
        ("Tell me about the Great Wall.", "How long is it?", "How long is it? (Great Wall)"),
        ("Tell me about the Great Wall.", "Who wrote Hamlet?", "Who wrote Hamlet?"),
    ],
)
def test_a_follow_up_is_made_standalone(
    spark: Emulator, template: str, before: str, question: str, standalone: str
) -> None:
    prompt = template.format(before=before, reply="它很有名。That is so.", question=question)
    assert ask(spark, prompt).text == standalone


def test_the_history_may_stand_in_turns(spark: Emulator) -> None:
    system = {
        "role": "system",
        "content": "参考聊天历史，把用户最近的问题总结为一个完整的没有指代的问题。",
    }
    reply = {"role": "assistant", "content": "是一本书。"}
    turns = (system, "“南瓜书”讲什么？", reply, "它的作者是谁？", reply)
    assert ask(spark, *turns, "那出版社呢？").text == "那出版社呢？（南瓜书）"
    assert ask(spark, system, "你知道南瓜吗").text == "你知道南瓜吗"


_REFINE = (
    "The original query is as follows: {question}\nWe have provided an existing answer: {answer}\n"
    "Refine it with the context below.\n------------\n{context}\n------------\nRefined Answer: "
)
_REWRITE = "New Context: {context}\nQuery: {question}\nOriginal Answer: {answer}\nNew Answer: "


@pytest.mark.parametrize("template", [_REFINE, _REWRITE])
@pytest.mark.parametrize(
    ("context", "answer", "refined"),
    [
        (_TEA, "不知道。", "冲泡绿茶的水温在八十度上下，沸水会让茶汤发苦。"),
        (_WALL, "大约八十度。", "大约八十度。"),
    ],
)
def test_an_answer_is_refined_or_kept(
    spark: Emulator, template: str, context: str, answer: str, refined: str
) -> None:
    question = "冲泡绿茶的水温是多少？"
    prompt = template.format(question=question, answer=answer, context=context)
    assert ask(spark, prompt).text == refined


@pytest.mark.parametrize(
    "template",
    [
        "Write a summary of the following.\n\n{text}\n\nSUMMARY:",
        'Write a concise summary of the following:\n\n"{text}"\n\nCONCISE SUMMARY:',
        "请总结下面的内容：\n{text}",
        "<text>\n{text}\n</text>\n概括上文。",
    ],
)
def test_a_summary_is_made_of_the_texts_own_sentences(spark: Emulator, template: str) -> None:
    text = "\n".join(f"第{number}条：星火的接口，第{number}条。" for number in "一二三四五")
    found = ask(spark, template.format(text=text)).text.split("\n")
    assert len(found) == 3
    assert all(sentence.strip('"') in text for sentence in found)


_INTRODUCED: list[tuple[Turn, ...]] = [
    (("Use the following pieces of context to answer the question at the end.\n\n{context}\n\n"
     "Question: {question}\nHelpful Answer:"),),
    ("使用以下上下文来回答最后的问题。如果你不知道，就说你不知道。\n{context}\n问题: {question}",),
    ({"role": "system", "content": "Answer with the following pieces of retrieved context.\n\n"
      "{context}"}, "{question}"),
    ({"role": "system", "content": "Here are the relevant documents for the context:\n\n{context}"
      "\n\nInstruction: Answer from the documents. 冲泡绿茶的水温是多少要说清楚。"}, "{question}"),
    ("【资料】\n{context}\n\n【问题】{question}",),
    ("**参考资料**：\n{context}\n\n## 问题\n{question}",),
]  # fmt: skip


def _filled(turn: Turn, context: str, question: str) -> Turn:
    if isinstance(turn, str):
        return turn.format(context=context, question=question)
    return {**turn, "content": turn["content"].format(context=context, question=question)}


@pytest.mark.parametrize("turns", _INTRODUCED)
@pytest.mark.parametrize(
    "code", ["\n", '\n```json\n{"标签": "<b>粗</b>", "参考：": 1}\n```\n---\n']
)
def test_a_context_is_found_in_many_forms(
    spark: Emulator, turns: tuple[Turn, ...], code: str
) -> None:
    question = "冲泡绿茶的水温是多少？"
    context = f"{_TEA}{code}{_WALL}"
    text = ask(spark, *(_filled(turn, context, question) for turn in turns)).text
    assert text == "冲泡绿茶的水温在八十度上下，沸水会让茶汤发苦。"


def test_of_a_long_result_the_fitting_sentences_are_told(spark: Emulator) -> None:
    called = {"role": "assistant", "content": "调用工具 search。"}
    result = f"工具 search 的返回结果：\n{_TEA}\n{_WALL}\n" + "别的事情。\n" * 40
    text = ask(spark, "冲泡绿茶的水温是多少？", called, result).text
    assert re.search(r"八十度", text)
    assert "别的事情" not in text
