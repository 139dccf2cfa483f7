"""Reads the labelled parts of a prompt: its question, its context, an answer to judge.

A label stands at the start of a line, in the ways that prompts are written in: ``Label:``,
``标签：``, ``**Label**:``, ``## Label``, ``<Label>``, ``[Label]`` or ``【标签】``. A part goes on
to the next label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_LINE = re.compile(
    r"^[ \t>*-]*(?:#{1,6}[ \t]*([^\n:：]{1,40}?)[ \t]*[:：]?[ \t]*$"
    r"|[<\[【]([^\n<>\[\]【】]{1,40})[>\]】](?:[ \t]*[:：])?"
    r"|\**([^\n:：*]{1,100}?)\**[ \t]*[:：]\**)",
    re.MULTILINE,
)
_OF_WHOM = (
    r"(?:(?:the|a|an|start|of|user(?:['’]s)?|given|provided|following|new|final|generated|current"
    r"|student(?:['’]s)?|model(?:['’]s)?|ai|assistant(?:['’]s)?|system|search|submitted|candidate)\s+"
    r"|(?:用户|模型|学生|助手|系统|原始|以下|给定|当前|最终|生成|候选|待评估|待评价|待评|AI)的?\s*)*"
)
_KINDS = {
    "end": r"the end of .*|end data|/.*",
    "existing": r".{0,80}?(?:existing|original|previous) (?:\S+ )?answer"
    r"|(?:已有|原有|原来|初步)的?(?:答案|回答)",
    "reference": r"(?:reference|true|correct|expected|gold|expert)(?: answer)?|ground truth"
    r"|(?:参考|标准|正确|期望)(?:答案|回答)",
    "follow_up": r"follow[ -]?up (?:input|question|message|query)"
    r"|(?:new|latest) (?:\S+ )?(?:input|question|message|query)"
    r"|追问|(?:后续|最新|新|最后)的?(?:用户)?(?:问题|提问|输入|消息)",
    "standalone": r"(?:standalone|rephrased|rewritten) (?:question|query)"
    r"|(?:改写后|独立|完整)的?(?:问题|提问)",
    "history": r"(?:(?:chat|conversation|dialogue|message) )?(?:history|conversation|dialogue)"
    r"|(?:(?:对话|聊天)的?(?:历史|记录|内容)?|历史)(?:对话|消息|记录)?",
    "statement": r"(?:information|statement|claim|response|answer|submission|prediction)"
    r"|.{0,60}following (?:information|statement|claim).{0,40}"
    r"|陈述|断言|说法|结论|信息|回答|答案|回复",
    "order": r"instructions?|output format|criteria|guidelines"
    r"|要求|任务|(?:输出|评分)(?:格式|要求|标准)",
    "question": r"(?:original )?(?:question|query|input)|问题|提问|查询|输入",
    "context": r".{0,40}?(?:contexts?|documents?|passages?|background|material|上下文"
    r"|已知信息|已知内容|参考|资料|背景|文档|材料).{0,20}",
}
_KIND = re.compile(
    "|".join(f"(?P<{name}>{_OF_WHOM}(?:{form}))" for name, form in _KINDS.items()),
    re.IGNORECASE,
)


class Part(NamedTuple):
    """A labelled part.

    Attributes:
        kind: ``question``, ``context``, ``statement`` (an answer or a claim to judge),
            ``reference`` (the answer that is right), ``existing`` (an answer to refine),
            ``history``, ``follow_up``, ``standalone``, ``order`` or ``end``.
        start: where its text begins, behind the label.
        end: where the next label begins.
        text: its text, without white space around it.
    """

    kind: str
    start: int
    end: int
    text: str


def parts(text: str) -> list[Part]:
    """Return the labelled parts of a text in their order."""
    labels = list(_labels(text))
    ends = [begin for _, begin, _ in labels[1:]] + [len(text)]
    return [
        Part(kind, start, end, text[start:end].strip())
        for (kind, _, start), end in zip(labels, ends)
    ]


def latest(found: list[Part], *kinds: str) -> str:
    """Return the last part that is not empty, since examples come first.

    Of several kinds, the first that is there counts.
    """
    for kind in kinds:
        texts = [part.text for part in found if part.kind == kind and part.text]
        if texts:
            return texts[-1]
    return ""


def _labels(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _LINE.finditer(text):
        label = next(filter(None, match.groups()), "").strip()
        kind = _KIND.fullmatch(label)
        if kind and kind.lastgroup:
            yield kind.lastgroup, match.start(), match.end()
