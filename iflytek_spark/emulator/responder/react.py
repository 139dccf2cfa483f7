"""Answers prompts of the ReAct form: lines of thoughts, actions and observations.

The form is known by its lines ``Thought:``, ``Action:`` and ``Action Input:``, in English or
Chinese. The last thought of the description names the label of the final answer. What follows the
description, in the same turn or in later ones, is the question and the steps so far.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from iflytek_spark.emulator.responder.described_tools import described_tools
from iflytek_spark.emulator.responder.passages import answer_from_context
from iflytek_spark.emulator.responder.prompt import Prompt, Returned
from iflytek_spark.emulator.responder.results import tell_result
from iflytek_spark.emulator.responder.small_talk import echo, greet
from iflytek_spark.emulator.responder.tools import call_tool
from iflytek_spark.emulator.responder.words import is_chinese
from iflytek_spark.protocol.wire import FunctionCall, Turn

_THOUGHT = r"(?:Thought|思考|想法)"
_ACTION = r"(?:Action|行动|动作)"
_INPUT = r"(?:Action Input|(?:行动|动作)(?:的?输入|参数))"
_SEEN = r"(?:Observation|观察(?:结果)?)"
_C = r"[ \t]*[:：]"
_FORM = re.compile(
    rf"^(?P<thought>{_THOUGHT}){_C}[^\n]*\n+(?P<action>{_ACTION}){_C}(?P<names>[^\n]*)\n+"
    rf"(?P<input>{_INPUT}){_C}(?P<kind>[^\n]*)",
    re.MULTILINE,
)
_FINAL = re.compile(
    rf"^{_THOUGHT}{_C}[^\n]*\n+(?!{_ACTION}|{_SEEN})([^\n:：]{{1,30}}){_C}[^\n]*$", re.MULTILINE
)
_NAMES = re.compile(r"[\[(（【]\s*(?:one of\s+)?([^\])）】]+)[\])）】]")
_ASKED = re.compile(
    rf"^[ \t]*(?:Question|(?:New |User )?Input|问题|用户(?:问题|输入)){_C}[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_OBSERVED = re.compile(rf"^{_SEEN}{_C}\s*(.*?)\s*(?=^{_THOUGHT}{_C}|\Z)", re.MULTILINE | re.DOTALL)
_CALLED = re.compile(rf"^{_ACTION}{_C}[ \t]*([^\n]+)", re.MULTILINE)
_STEP = re.compile(rf"^(?:{_THOUGHT}|{_SEEN}){_C}", re.MULTILINE)
_SEEN_FIRST = re.compile(rf"{_SEEN}{_C}")


class _Labels(NamedTuple):
    action: str
    input: str
    final: str
    wants_json: bool


def answer_react(turns: Sequence[Turn]) -> str | None:
    """Answer with the next step: a call of a tool, or the final answer.

    Args:
        turns: the messages, the newest last.

    Returns:
        Lines in the form that the prompt describes, or None when it describes none or no tools.
    """
    at = next((at for at, turn in enumerate(turns) if _FORM.search(turn.content)), None)
    if at is None:
        return None
    described, question = _split(turns[at])
    form, final = _FORM.search(described), _FINAL.findall(described)
    if form is None or not final:
        return None
    tools = described_tools(described, _names(form["names"]))
    if not tools:
        return None
    prompt = _read([Turn("user", question), *turns[at + 1 :]])
    call = call_tool(prompt, tools)
    labels = _Labels(
        form["action"], form["input"], final[-1].strip(), "json" in form["kind"].lower()
    )
    step = _act(call, labels) if call else _finish(prompt, labels)
    begun = re.search(rf"^{_THOUGHT}{_C}\s*\Z", turns[-1].content, re.MULTILINE)
    return step if begun else f"{form['thought']}: {step}"


def _split(turn: Turn) -> tuple[str, str]:
    """Part the description of the form from the question and the steps behind it.

    The question has a label; without one it is the last paragraph of a user's turn.
    """
    ends = [match.end() for match in _FINAL.finditer(turn.content)]
    asked = _ASKED.search(turn.content, max(ends, default=0))
    if asked:
        return turn.content[: asked.start()], turn.content[asked.end() :]
    if turn.role != "user":
        return turn.content, ""
    described, _, question = turn.content.rstrip().rpartition("\n\n")
    return described, question


def _names(line: str) -> list[str]:
    """Return the tools' names, which stand in brackets behind the label of the action."""
    listed = _NAMES.search(line)
    return [name.strip(" `\"'") for name in re.split("[,，、]", listed[1])] if listed else []


def _read(turns: Sequence[Turn]) -> Prompt:
    """Read the newest question and the steps behind it."""
    asked = [at for at, turn in enumerate(turns) if _is_question(turn)]
    history = tuple(turns[at].content for at in asked[:-1])
    text = "\n".join(turn.content for turn in turns[asked[-1] if asked else 0 :])
    step = _STEP.search(text)
    question = text[: step.start() if step else None].strip()
    seen = "\n".join(_OBSERVED.findall(text))
    if not seen:
        return Prompt(question, "", history, None)
    return Prompt("", "", history, Returned(question, seen, "\n".join(_CALLED.findall(text))))


def _is_question(turn: Turn) -> bool:
    plain = not (_SEEN_FIRST.match(turn.content) or _FORM.search(turn.content))
    return turn.role == "user" and bool(turn.content) and plain


def _act(call: FunctionCall, labels: _Labels) -> str:
    """Write a call: JSON when the prompt asks for it or there are several values."""
    values = json.loads(call.arguments)
    given = call.arguments
    if not labels.wants_json and len(values) == 1:
        (value,) = values.values()
        given = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    thought = f"用工具 {call.name}。" if is_chinese(given) else f"I use the tool {call.name}."
    return f"{thought}\n{labels.action}: {call.name}\n{labels.input}: {given}"


def _finish(prompt: Prompt, labels: _Labels) -> str:
    """Write the final answer; without a result it comes from the question alone."""
    if prompt.result is None:
        told = greet(prompt.text) or answer_from_context(prompt) or echo(prompt.text)
    else:
        told = tell_result(prompt.result)
    thought = "可以回答了。" if is_chinese(told) else "I can answer."
    return f"{thought}\n{labels.final}: {told}"
