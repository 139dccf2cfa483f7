"""A small rule-based responder: no language model, and no knowledge of any test or demo.

The rules, in their order: call a tool; go on with lines of thoughts and actions; make a question
standalone; split it for several tools; fill a JSON schema; rank numbered texts; give a verdict of
two words; give a score; repeat what a tool returned; describe a picture; greet; summarise; answer
from a given text; repeat the question. Each rule knows a form of prompts that frameworks share,
and no prompt by its words.
"""

from __future__ import annotations

from iflytek_spark.emulator.responder.answer import Answer
from iflytek_spark.emulator.responder.condense import condense
from iflytek_spark.emulator.responder.judging import score_in_words
from iflytek_spark.emulator.responder.looks import describe
from iflytek_spark.emulator.responder.passages import answer_from_context
from iflytek_spark.emulator.responder.prompt import Prompt, read_prompt
from iflytek_spark.emulator.responder.ranking import rank
from iflytek_spark.emulator.responder.react import answer_react
from iflytek_spark.emulator.responder.results import tell_result
from iflytek_spark.emulator.responder.small_talk import echo, greet
from iflytek_spark.emulator.responder.structured import answer_with_json
from iflytek_spark.emulator.responder.sub_questions import split_question
from iflytek_spark.emulator.responder.summaries import summarise
from iflytek_spark.emulator.responder.tools import call_tool
from iflytek_spark.emulator.responder.verdicts import give_verdict
from iflytek_spark.emulator.responder.words import is_chinese
from iflytek_spark.messages import Citation, Tool
from iflytek_spark.model_spec import ModelSpec
from iflytek_spark.protocol.wire import WireRequest

__all__ = ["Answer", "respond"]


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
    wants_json = request.wants_json
    return (
        answer_react(request.turns)
        or (None if wants_json else condense(prompt))
        or split_question(prompt)
        or answer_with_json(prompt, demanded=wants_json)
        or rank(prompt)
        or give_verdict(prompt)
        or score_in_words(prompt)
        or (tell_result(prompt.result) if prompt.result else None)
        or _picture(prompt, request)
        or greet(prompt.text)
        or summarise(prompt)
        or answer_from_context(prompt)
        or echo(prompt.text)
    )


def _picture(prompt: Prompt, request: WireRequest) -> str | None:
    images = (describe(turn.content, prompt.text) for turn in request.turns if turn.image)
    return next(images, None)


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
