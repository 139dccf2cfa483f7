"""Decides whether to call a tool, and with which arguments (PROTOCOL.md §3)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from iflytek_spark.emulator.replies import Call
from iflytek_spark.emulator.rules.filling import fill
from iflytek_spark.emulator.rules.json_schema import without_json
from iflytek_spark.emulator.rules.judging import judged
from iflytek_spark.emulator.rules.prompt import Prompt, plain_sentences
from iflytek_spark.emulator.rules.words import sentences, terms
from iflytek_spark.messages import Tool

_A_TOOL = r"[^。！？!?\n]{0,60}?(?:\btools?\b|\bfunctions?\b|工具|函数)"
_DEMAND = re.compile(
    rf"(?:\bmust\b|\bhave to\b|\brequired to\b|必须|务必|一定要|只能){_A_TOOL}"
    r"|\b(?:use|using|call|calling|invoke)\s+(?:(?:the|a|an|one|any|of|these|this|following"
    r"|provided|given)\s+){0,4}(?:\w+\s+)?(?:tools?|functions?)\b"
    r"|请?(?:调用|使用)[^。！？\n]{0,12}(?:工具|函数)",
    re.IGNORECASE,
)
_MUST = re.compile(r"\bmust\b|\bhave to\b|\brequired to\b|必须|务必|一定要", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:if|when|where|whenever|can|may|optionally|needed|necessary)\b"
    r"|如果|如需|若|可以|需要时|必要时|可用",
    re.IGNORECASE,
)
_FORBIDS = re.compile(
    rf"(?:\bdo not\b|\bdon't\b|\bnever\b|\bwithout\b|不要|不得|禁止|不准|勿)[^。！？!?\n]{{0,12}}?"
    rf"(?:use|us|call|invok|调用|使用){_A_TOOL}",
    re.IGNORECASE,
)


def call_tool(prompt: Prompt, tools: Sequence[Tool], forced: str = "") -> Call | None:
    """Call a tool, if the conversation calls for one, else None.

    The tool named ``forced`` must be called.
    """
    tool = next((tool for tool in tools if tool.name == forced), None) or _chosen(prompt, tools)
    if tool is None:
        return None
    asked = prompt.result.question if prompt.result else prompt.text
    plain = [sentence for sentence in plain_sentences(asked) if not _demands(sentence, tools)]
    text = f"{without_json(asked)}\n{prompt.result.text if prompt.result else ''}"
    own = terms(f"{tool.name} {tool.description} {' '.join(tool.parameters.get('properties', ()))}")
    plain = [sentence for sentence in plain if terms(sentence) & own] or plain
    schema = judged({"type": "object", **tool.parameters}, prompt.whole)
    arguments = fill(schema, text, "\n".join(plain) or asked, own)
    return Call(tool.name, json.dumps(arguments, ensure_ascii=False))


def _chosen(prompt: Prompt, tools: Sequence[Tool]) -> Tool | None:
    """Take the tool that is named or demanded, else the one that fits the question's words.

    After a result a tool that was not called before may follow; a demand of the newest turn is
    always obeyed.
    """
    stated = sentences(prompt.whole)
    if any(map(_FORBIDS.search, stated)):
        return None
    strict = [sentence for sentence in stated if _demands(sentence, tools)]
    if prompt.result is not None:
        new = [tool for tool in tools if not _names(prompt.result.called, tool)]
        fresh = any(_demands(sentence, tools) for sentence in sentences(prompt.text))
        offered = new or (tools if fresh else ())
        return _fittest(offered, prompt.result.question, at_least=0 if strict else 1)
    orders = prompt.text + "\n".join(strict)
    named = [tool for tool in tools if _names(orders, tool)]
    return _fittest(named or tools, prompt.text, at_least=0 if named or strict else 1)


def _demands(sentence: str, tools: Sequence[Tool]) -> bool:
    if sentence.endswith(("?", "？")) or _CONDITION.search(sentence):
        return False
    named = any(_names(sentence, tool) for tool in tools)
    return bool(_DEMAND.search(sentence) or (named and _MUST.search(sentence)))


def _names(text: str, tool: Tool) -> bool:
    """Tell whether a text names a tool. A name in CJK characters needs no word borders."""
    before, after = (r"(?<![A-Za-z\d_])", r"(?![A-Za-z\d_])") if tool.name.isascii() else ("", "")
    return re.search(before + re.escape(tool.name) + after, text) is not None


def _fittest(tools: Sequence[Tool], question: str, *, at_least: int) -> Tool | None:
    """Return the tool whose name and description share most words with the question."""
    asked = terms(question)
    scores = [
        2 * len(asked & terms(tool.name)) + len(asked & terms(tool.description)) for tool in tools
    ]
    best = max(scores, default=-1)
    return tools[scores.index(best)] if best >= at_least else None
