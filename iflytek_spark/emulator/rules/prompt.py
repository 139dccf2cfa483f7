"""Reads a conversation: what is asked, from which text, and what a tool has returned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from iflytek_spark.emulator.rules.json_schema import without_json
from iflytek_spark.emulator.rules.words import sentences
from iflytek_spark.messages import Message
from iflytek_spark.requests.tool_text import RESULT_NOTE, ToolResult, read_tool_text

_RESULT = re.compile(
    r"(?:(?:tool|function|工具|函数)[^\n]{0,60}?(?:result|return|output|respon|结果|返回|输出)"
    r"|(?:result|output|response|结果|输出)[^\n]{0,20}?(?:tool|function|工具|函数))"
    r"[^\n:：]{0,60}[:：\n]",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"(?:call|use|using|调用|使用)[^\n]{0,20}(?:tool|function|工具|函数)"
    r"|(?:tool|function|工具|函数)[^\n]{0,10}(?:call|调用)",
    re.IGNORECASE,
)
_RESULT_WITHIN = 120
_ORDER = re.compile(r"\bmust\b|必须|务必|不要|只输出|不符合要求|JSON", re.IGNORECASE)


class Returned(NamedTuple):
    """What tools returned for the newest question.

    Attributes:
        question: the question that they were called for.
        text: what they returned, the newest last.
        called: text that names the tools that were called.
    """

    question: str
    text: str
    called: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation, read.

    Attributes:
        text: the newest user turn.
        instructions: the system turn, or an empty string.
        history: the user's earlier turns.
        result: what a tool returned, or None.
    """

    text: str
    instructions: str
    history: tuple[str, ...]
    result: Returned | None

    @property
    def whole(self) -> str:
        """The system turn and the newest user turn."""
        return f"{self.instructions}\n\n{self.text}".strip()


def read_prompt(turns: Sequence[Message]) -> Prompt:
    """Read a conversation, the newest message last."""
    texts = [turn for turn in turns if not turn.images]
    questions = [_without_results(turn.text) for turn in texts if turn.role == "user"]
    instructions = "\n".join(turn.text for turn in texts if turn.role == "system")
    history = tuple(filter(None, questions[:-1]))
    return Prompt(questions[-1], instructions, history, _returned(texts))


def _returned(turns: Sequence[Message]) -> Returned | None:
    """Find what tools returned, which comes as the text of user turns (PROTOCOL.md §3).

    Either in the lines of :mod:`iflytek_spark.requests.tool_text`, or in other clients' words:
    the turn before is the assistant's and speaks of a call, the turn itself begins by speaking
    of a tool's result, up to a colon.
    """
    asked = len(turns) - 1
    while asked > 0 and (turns[asked].role != "user" or _only_returns(turns, asked)):
        asked -= 1
    since = range(asked + 1, len(turns))
    results = [_result_at(turns, at) for at in since if turns[at].role == "user"]
    if not any(results):
        return None
    called = "\n".join(turns[at].text for at in since if turns[at].role == "assistant")
    return Returned(turns[asked].text.strip(), "\n".join(filter(None, results)), called)


def _only_returns(turns: Sequence[Message], at: int) -> bool:
    """Tell whether a user turn holds results and orders, and no question of its own."""
    if not _result_at(turns, at):
        return False
    content = turns[at].text
    return not (_in_lines(content) and plain_sentences(_without_results(content)))


def _result_at(turns: Sequence[Message], at: int) -> str:
    content = turns[at].text
    if lines := _in_lines(content):
        return "\n".join(lines)
    if at < 2 or turns[at - 1].role != "assistant" or not _CALL.search(turns[at - 1].text):
        return ""
    match = _RESULT.search(content, 0, _RESULT_WITHIN)
    return content[match.end() :].strip() if match else ""


def _in_lines(content: str) -> list[str]:
    return [item.content for item in read_tool_text(content) if isinstance(item, ToolResult)]


def plain_sentences(text: str) -> list[str]:
    """Return the sentences of a text that are neither JSON nor orders about the answer's form."""
    return [sentence for sentence in sentences(without_json(text)) if not _ORDER.search(sentence)]


def _without_results(content: str) -> str:
    """Take out the lines of results and the note that follows them."""
    kept = [line for line in content.split("\n") if not read_tool_text(line)]
    return "\n".join(kept).replace(RESULT_NOTE, "").strip()
