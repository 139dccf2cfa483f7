"""Prompts that retrieval asks with: follow-ups, sub-questions, rankings, refinement, summaries."""

from __future__ import annotations

import json
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


_SPLIT = """Write down the sub-questions as JSON, one or more for a tool.

Tools: {{"uber": "The numbers of Uber", "lyft": "The numbers of Lyft"}}
Question: Compare the revenue of Uber and Lyft
Output: {example}

Tools: {{"tea": "关于茶的资料", "wall": "About the Great Wall"}}
Question: {question}
Output:"""


@pytest.mark.parametrize(
    ("example", "items"),
    [
        ('{"items": [{"sub_question": "Revenue of Uber?", "tool_name": "uber"}]}', "items"),
        ('{"plan": [{"tool_name": "uber", "sub_question": "Revenue of Uber?"}]}', "plan"),
        ('[{"sub_question": "Revenue of Uber?", "tool_name": "uber"}]', None),
    ],
)
@pytest.mark.parametrize(
    ("question", "pieces"),
    [
        ("冲泡绿茶的水温是多少，以及长城（Great Wall）有多长？",
         [("冲泡绿茶的水温是多少？", "tea"), ("长城（Great Wall）有多长？", "wall")]),
        ("How long is the Great Wall?", [("How long is the Great Wall?", "wall")]),
        ("谁写了红楼梦？", [("谁写了红楼梦？", "tea"), ("谁写了红楼梦？", "wall")]),
    ],
)  # fmt: skip
def test_a_question_is_split_for_tools(
    spark: Emulator, example: str, items: str | None, question: str, pieces: list[tuple[str, str]]
) -> None:
    text = ask(spark, _SPLIT.format(example=example, question=question)).text
    found = json.loads(text.strip("`").removeprefix("json"))
    listed = found if items is None else found[items]
    assert [(item["sub_question"], item["tool_name"]) for item in listed] == pieces


_RANK = """Name the documents that help, the best first, with a relevance from 1 to {best}. Like:
Document 1:
<text>
Question: <question>
Answer:
{sample}

Now you:

Document 1:
{wall}

Document 2:
{tea}

Question: {question}
Answer:"""


@pytest.mark.parametrize(
    ("sample", "best", "question", "ranking"),
    [
        ("Doc: 9, Relevance: 7", 10, "冲泡绿茶的水温是多少？", "Doc: 2, Relevance: 10"),
        ("Doc: 9, Relevance: 7", 5, "How long is the Great Wall?", "Doc: 1, Relevance: 5"),
        ("文档：9，相关性：7", 10, "冲泡绿茶的水温是多少？", "文档：2，相关性：10"),
        ("Doc: 9, Relevance: 7", 10, "谁写了红楼梦？", "没有相关的文档。"),
        ("Doc: 9, Relevance: 7", 10, "Who wrote Hamlet?", "No document is relevant."),
    ],
)
def test_documents_are_ranked_in_lines(
    spark: Emulator, sample: str, best: int, question: str, ranking: str
) -> None:
    prompt = _RANK.format(sample=sample, best=best, question=question, tea=_TEA, wall=_WALL)
    assert ask(spark, prompt).text == ranking


def test_passages_in_turns_are_ranked_by_their_identifiers(spark: Emulator) -> None:
    got = {"role": "assistant", "content": "Received."}
    order = (
        "Search Query: 绿茶的水温. \nRank the passages above. The form is [] > [], e.g. [1] > [2]."
    )
    assert ask(spark, f"[1] {_WALL}", got, f"[2] {_TEA}", got, order).text == "[2] > [1]"


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
