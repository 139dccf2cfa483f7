"""A small rule-based responder: no language model, and no knowledge of any test or demo.

The rules, in their order: call a tool; fill a JSON schema; repeat what a tool returned; describe a
picture; answer from a given text; greet; repeat the question.
"""

from __future__ import annotations

import re

from iflytek_spark.emulator.responder.answer import Answer
from iflytek_spark.emulator.responder.looks import describe
from iflytek_spark.emulator.responder.passages import answer_from_context
from iflytek_spark.emulator.responder.prompt import Prompt, read_prompt
from iflytek_spark.emulator.responder.structured import answer_with_json
from iflytek_spark.emulator.responder.tools import call_tool
from iflytek_spark.emulator.responder.words import is_chinese
from iflytek_spark.messages import Citation, Tool
from iflytek_spark.model_spec import ModelSpec
from iflytek_spark.protocol.wire import WireRequest

__all__ = ["Answer", "respond"]

_GREETING = re.compile(
    r"(?:你好|您好|嗨|哈喽|早上好|下午好|晚上好|hello|hi|hey|good (?:morning|afternoon|evening))"
    r"(?: there| spark|啊|呀|吗)?",
    re.IGNORECASE,
)


def respond(request: WireRequest, spec: ModelSpec, tools: tuple[Tool, ...] = ()) -> Answer:
    """Answer a request.

    Args:
        request: a request that was checked.
        spec: the model that answers.
        tools: the tools that the model may call.

    Returns:
        The answer; the same for the same request.
    """
    prompt = read_prompt(request.turns)
    call = call_tool(prompt, tools, request.forced_tool)
    thinks = spec.reasoning and request.thinking != "disabled"
    reasoning = _thoughts(prompt.text) if thinks else ""
    if call is not None:
        return Answer(call=call)
    return Answer(_text(prompt, request), reasoning, pages=_pages(prompt, request, spec))


def _text(prompt: Prompt, request: WireRequest) -> str:
    return (
        answer_with_json(prompt, demanded=request.wants_json)
        or _from_result(prompt)
        or _picture(prompt, request)
        or _greeting(prompt.text)
        or answer_from_context(prompt)
        or _echo(prompt.text)
    )


def _from_result(prompt: Prompt) -> str:
    if prompt.result is None:
        return ""
    question, returned = prompt.result.question, prompt.result.text
    if is_chinese(question):
        return f"关于“{question}”，工具返回的结果是：{returned}"
    return f"About “{question}”, the tool returned: {returned}"


def _picture(prompt: Prompt, request: WireRequest) -> str | None:
    images = (describe(turn.content, prompt.text) for turn in request.turns if turn.image)
    return next(images, None)


def _greeting(text: str) -> str:
    if not _GREETING.fullmatch(text.strip(" \n!.,~！。，～")):
        return ""
    if is_chinese(text):
        return f"你好！我是本地的星火模拟器，很高兴见到你。你说的是：“{text}”"
    return f"Hello! I am a local stand-in for Spark, glad to meet you. You said: “{text}”"


def _echo(text: str) -> str:
    if is_chinese(text):
        return f"你问的是：“{text}”。我是本地的星火模拟器，只会按几条规则作答，不是大语言模型。"
    return (
        f"You asked: “{text}”. I am a local stand-in for Spark that answers by a few rules, "
        "not a language model."
    )


def _thoughts(text: str) -> str:
    if is_chinese(text):
        return f"用户说：“{text}”。先看清问题要什么，再看有没有可用的资料或工具，然后作答。"
    return (
        f"The user says: “{text}”. First I look at what is wanted, then whether a text or a tool "
        "helps, and then I answer."
    )


def _pages(prompt: Prompt, request: WireRequest, spec: ModelSpec) -> tuple[Citation, ...]:
    """Invent the pages of a web search, when they are asked for (PROTOCOL.md §4)."""
    search = request.search
    if search is None or not (search.enabled and search.shows_pages and spec.citations):
        return ()
    title = prompt.text[:40].partition("\n")[0]
    return tuple(
        Citation(index, f"https://example.com/{index}", f"{title} ({index})") for index in (1, 2)
    )
