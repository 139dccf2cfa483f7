"""Reads a conversation: what is asked, from which text, and what a tool has returned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from iflytek_spark.emulator.responder.words import sentences
from iflytek_spark.protocol.wire import Turn

_QUESTION_LABEL = re.compile(
    r"^[ \t>*#\[]*(?:user |用户|原始|以下)?(?:question|query|问题|提问|查询|输入)[\]* \t]*[:：]"
    r"\s*(\S[^\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_CONTEXT_LABEL = re.compile(
    r"^[^\n:：]{0,40}?(?:context|documents?|passages?|background|material|上下文|已知信息|已知内容"
    r"|参考|资料|背景|文档|材料)[^\n:：]{0,20}[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_FENCES = (
    re.compile(r"<(\w+)>(.+?)</\1>", re.DOTALL),
    re.compile(r"^(-{3,})\s*$(.+?)^-{3,}\s*$", re.DOTALL | re.MULTILINE),
    re.compile(r"(\"\"\"|```)(.+?)\1", re.DOTALL),
)
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


class ToolResult(NamedTuple):
    """What a tool returned for the newest question.

    Attributes:
        question: the question that the tool was called for.
        text: what it returned.
        about: the turns since that question, which name the tools that were called.
    """

    question: str
    text: str
    about: str


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
    result: ToolResult | None

    @property
    def whole(self) -> str:
        """The system turn and the newest user turn."""
        return f"{self.instructions}\n\n{self.text}".strip()


def read_prompt(turns: Sequence[Turn]) -> Prompt:
    """Read a conversation.

    Args:
        turns: the messages, the newest last.
    """
    texts = [turn for turn in turns if not turn.image]
    said = [turn.content for turn in texts if turn.role == "user"]
    instructions = "\n".join(turn.content for turn in texts if turn.role == "system")
    return Prompt(said[-1].strip(), instructions, tuple(said[:-1]), tool_result(texts))


def tool_result(turns: Sequence[Turn]) -> ToolResult | None:
    """Find the result of a tool, which comes as the text of a user turn (PROTOCOL.md §3).

    The turn before it is the assistant's and speaks of a call; its own beginning speaks of a
    tool's result and ends with a colon.

    Args:
        turns: the messages, the newest last.
    """
    at = len(turns) - 1
    match = _result_at(turns, at)
    if match is None:
        return None
    asked = at - 2
    while asked > 0 and (turns[asked].role != "user" or _result_at(turns, asked)):
        asked -= 1
    about = "\n".join(turn.content for turn in turns[asked + 1 :])
    return ToolResult(turns[asked].content.strip(), turns[at].content[match.end() :].strip(), about)


def _result_at(turns: Sequence[Turn], at: int) -> re.Match[str] | None:
    if at < 2 or turns[at].role != "user" or turns[at - 1].role != "assistant":
        return None
    match = _RESULT.search(turns[at].content, 0, _RESULT_WITHIN)
    return match if match and _CALL.search(turns[at - 1].content) else None


def question_of(text: str) -> str:
    """Return the question in a prompt.

    It is the labelled one, else the last that ends with a question mark, else the last line.
    """
    labelled = _QUESTION_LABEL.findall(text)
    if labelled:
        return str(labelled[-1]).strip()
    asked = [sentence for sentence in sentences(text) if sentence.endswith(("?", "？"))]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (asked or lines or [""])[-1]


def context_of(text: str) -> str:
    """Return the text that a prompt marks as the one to answer from, or an empty string.

    Marks are pairs of tags, rules of dashes or fences, and labels such as ``Context:``.
    """
    for fence in _FENCES:
        found = [match[2].strip() for match in fence.finditer(text)]
        if found:
            return "\n".join(found)
    label = _CONTEXT_LABEL.search(text)
    if label is None:
        return ""
    end = _QUESTION_LABEL.search(text, label.end())
    return text[label.end() : end.start() if end else len(text)].strip()
