"""Splits a question into questions for the tools that a prompt lists as JSON.

The form is known by its example: a list of objects one value of which is the name of a tool that
an earlier object lists with its description. The answer has the same keys. The question is cut at
its conjunctions and commas; each piece goes to the tool that shares most with it, and a piece
that says too little alone gives way to the whole question.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from iflytek_spark.emulator.responder.context import question_of
from iflytek_spark.emulator.responder.json_text import json_values
from iflytek_spark.emulator.responder.prompt import Prompt
from iflytek_spark.emulator.responder.words import is_chinese, terms

_CUT = re.compile(
    r"[，,；;。？?！!]\s*|\s+(?:and|or|versus|vs\.?)\s+|以及|和|与|及|跟|还有", re.IGNORECASE
)
_FEW = 2


class _Form(NamedTuple):
    key: str | None
    question: str
    tool: str


def split_question(prompt: Prompt) -> str | None:
    """Answer with a list of sub-questions, if the prompt shows the form of one.

    Args:
        prompt: the conversation.
    """
    found = list(json_values(prompt.whole))
    texts = [value for value in found if _holds_texts(value)]
    names = {name for value in texts for name in value}
    tools = [value for value in texts if not names & set(value.values())]
    form = next((form for value in found if (form := _form(value, names))), None)
    if form is None or not tools:
        return None
    pieces = _pieces(question_of(prompt.text), tools[-1])
    items = [{form.question: question, form.tool: tool} for question, tool in pieces]
    answer = items if form.key is None else {form.key: items}
    return f"```json\n{json.dumps(answer, ensure_ascii=False, indent=4)}\n```"


def _holds_texts(value: dict[str, Any]) -> bool:
    return bool(value) and all(isinstance(one, str) for one in value.values())


def _form(value: dict[str, Any], names: set[str]) -> _Form | None:
    """Read the keys of an example: of the list, of a question and of its tool's name."""
    lists = ((key, one[0]) for key, one in value.items() if isinstance(one, list) and one)
    for key, sample in ((None, value), *lists):
        if isinstance(sample, dict) and _holds_texts(sample):
            tool = next((name for name, one in sample.items() if one in names), None)
            question = next((name for name, one in sample.items() if one not in names), None)
            if tool and question:
                return _Form(key, question, tool)
    return None


def _pieces(question: str, tools: dict[str, str]) -> list[tuple[str, str]]:
    """Pair the pieces of a question with tools; what fits none goes to all of them as a whole."""
    mark = "？" if is_chinese(question) else "?"
    found = []
    for piece in _CUT.split(question):
        best = max(tools, key=lambda tool: _likeness(piece, f"{tool} {tools[tool]}"))
        if any(_likeness(piece, f"{best} {tools[best]}")):
            says_enough = len(terms(piece)) >= _FEW
            found.append((f"{piece.strip()}{mark}" if says_enough else question, best))
    return list(dict.fromkeys(found)) or [(question, tool) for tool in tools]


def _likeness(one: str, other: str) -> tuple[int, int]:
    """Count the terms and the CJK characters that two texts share."""
    return len(terms(one) & terms(other)), len(_characters(one) & _characters(other))


def _characters(text: str) -> set[str]:
    return set("".join(term for term in terms(text) if not term.isascii()))
