"""What the emulator answers when the program says nothing: a few rules, and no language model.

They serve a first try, the demo and the course. In their order: call a tool; make a question
standalone; fill a JSON schema; repeat what a tool returned; describe an image; greet; summarise;
answer from a given text; repeat the question. A test that needs another answer scripts it
(:mod:`~iflytek_spark.emulator.replies`): no rule knows the prompts of a framework.
"""

from __future__ import annotations

from iflytek_spark.emulator.replies import Reply, SeenChat
from iflytek_spark.emulator.rules.condense import condense
from iflytek_spark.emulator.rules.images import describe_image
from iflytek_spark.emulator.rules.passages import (
    answer_from_context,
    answer_from_result,
    summarise,
)
from iflytek_spark.emulator.rules.prompt import Prompt, read_prompt
from iflytek_spark.emulator.rules.small_talk import echo, greet
from iflytek_spark.emulator.rules.structured import answer_with_json
from iflytek_spark.emulator.rules.tools import call_tool
from iflytek_spark.emulator.rules.words import is_chinese
from iflytek_spark.messages import Citation

__all__ = ["respond"]


def respond(request: SeenChat) -> Reply:
    """Answer a chat: the same request always gets the same reply."""
    prompt = read_prompt(request.messages)
    call = call_tool(prompt, request.tools, request.tool_choice)
    if call is None and request.tool_required and request.tools:
        call = call_tool(prompt, request.tools, request.tools[0].name)
    if call is not None:
        return Reply(calls=(call,))
    return Reply(
        _text(prompt, request),
        reasoning=_reasoning(prompt.text) if request.thinking else "",
        citations=_citations(prompt.text) if request.citations else (),
    )


def _text(prompt: Prompt, request: SeenChat) -> str:
    return (
        (None if request.json_mode else condense(prompt))
        or answer_with_json(prompt, demanded=request.json_mode)
        or (answer_from_result(prompt.result) if prompt.result else None)
        or _description(prompt, request)
        or greet(prompt.text)
        or summarise(prompt)
        or answer_from_context(prompt)
        or echo(prompt.text)
    )


def _description(prompt: Prompt, request: SeenChat) -> str | None:
    images = (image for message in request.messages for image in message.images)
    return next((describe_image(image.data, prompt.text) for image in images), None)


def _reasoning(text: str) -> str:
    if is_chinese(text):
        return f"用户说：“{text}”。先看清问题要什么，再看有没有可用的资料或工具，然后作答。"
    return (
        f"The user says: “{text}”. First I look at what is wanted, then whether a text or a tool "
        "helps, and then I answer."
    )


def _citations(text: str) -> tuple[Citation, ...]:
    """Invent the pages of a web search (PROTOCOL.md §4)."""
    title = text[:40].partition("\n")[0]
    return tuple(
        Citation(index, f"https://example.com/{index}", f"{title} ({index})") for index in (1, 2)
    )
