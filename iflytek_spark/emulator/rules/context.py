"""Finds a prompt's question, the text to answer it from, and what the prompt orders."""

from __future__ import annotations

import re
from itertools import takewhile

from iflytek_spark.emulator.rules.labels import Part, latest, parts
from iflytek_spark.emulator.rules.words import sentences

_FENCES = (
    re.compile(r"<(\w+)>(.+?)</\1>", re.DOTALL),
    re.compile(r"^(-{3,}|>{3,})[ \t]*$(.+?)^\1[ \t]*$", re.DOTALL | re.MULTILINE),
    re.compile(r"(\"\"\"|```)(.+?)\1", re.DOTALL),
)
_ANNOUNCED = re.compile(
    r"^[^\n:：]*?(?:following|below|以下|下面|下列)[^\n:：]{0,30}?(?:context|passages?|documents?|portion"
    r"|上下文|资料|内容|信息|材料|文档)[^\n:：]*[:：]?[ \t]*\n",
    re.IGNORECASE | re.MULTILINE,
)
_JSON = re.compile(r"(?:json)?\s*[\[{]")
_ORDER = re.compile(
    r"\s*(?:请|只|仅|输出|返回|按照?|以 ?JSON|用 ?JSON"
    r"|(?:please|answer|reply|respond|return|output|give|rate|score)\b)",
    re.IGNORECASE,
)
_LONG = 80
_GIVEN = ("context", "statement", "reference", "existing", "history")


def question_of(text: str) -> str:
    """Return the question in a prompt.

    It is the labelled one, else the last that ends with a question mark, else the last line.
    """
    labelled = [part.text for part in parts(text) if _asks(part) and part.text]
    if labelled:
        return labelled[-1].splitlines()[0].strip()
    asked = [sentence for sentence in sentences(text) if sentence.endswith(("?", "？"))]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (asked or lines or [""])[-1]


def context_of(text: str) -> str:
    """Return the text that a prompt marks as the one to answer from, or an empty string.

    Marks are pairs of tags, rules of dashes, fences, labels such as ``Context:``, and a line that
    announces what follows. The first mark counts: others may stand in the text itself.
    """
    marked = [_fenced(text, fence) for fence in _FENCES]
    marked += [_labelled(text), _announced(text)]
    return min((found for found in marked if found), default=(0, ""))[1]


def orders_of(text: str) -> str:
    """Return a prompt without the texts that it gives: context, history, answers to judge.

    A fence around JSON is left, since it shows the answer's form.
    """
    context = _given(context_of(text), whole=True)
    if context and not _JSON.match(context):
        text = text.replace(context, "")
    for part in reversed(parts(text)):
        if part.kind in _GIVEN:
            body = text[part.start : part.end]
            given = _given(body, whole=part.kind == "context")
            text = text[: part.start] + body.replace(given, "", 1) + text[part.end :]
    return text


def given(found: list[Part], kind: str) -> str:
    """Return the last text of a kind, without the orders that follow it."""
    return _given(latest(found, kind), whole=kind == "context")


def _given(body: str, *, whole: bool) -> str:
    """Cut off orders: lines that begin as orders do, and, if not ``whole``, new paragraphs."""
    body = body.strip()
    if not whole:
        lines = body.partition("\n\n")[0].splitlines()
        return "\n".join(takewhile(lambda line: not _ORDER.match(line), lines)) or body
    lines = body.splitlines()
    while lines and (_ORDER.match(lines[-1]) or not lines[-1].strip()):
        lines.pop()
    return "\n".join(lines)


def _asks(part: Part) -> bool:
    return part.kind in ("question", "follow_up")


def _fenced(text: str, fence: re.Pattern[str]) -> tuple[int, str] | None:
    found = list(fence.finditer(text))
    return (found[0].start(), "\n".join(match[2].strip() for match in found)) if found else None


def _labelled(text: str) -> tuple[int, str] | None:
    """Take what follows a label, up to the last question or, without one, to the next label."""
    found = parts(text)
    first = next((part for part in found if part.kind == "context"), None)
    if first is None:
        return None
    end = _question_after(found, text, first.start) or first.end
    return first.start, text[first.start : end].strip()


def _announced(text: str) -> tuple[int, str] | None:
    """Take what follows the line that announces it: up to the question, or a long rest."""
    match = _ANNOUNCED.search(text)
    if match is None:
        return None
    end = _question_after(parts(text), text, match.end())
    rest = text[match.end() : end].strip()
    return (match.end(), rest) if end or len(rest) >= _LONG else None


def _question_after(found: list[Part], text: str, start: int) -> int | None:
    """Return where the line of the last labelled question begins, if it is behind ``start``."""
    last = [part.start for part in found if _asks(part) and part.start > start]
    return max(text.rfind("\n", 0, last[-1]), 0) if last else None
