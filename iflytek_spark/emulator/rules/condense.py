"""Rewrites a follow-up question so that it can be understood alone.

A follow-up that refers to what came before (它, 那个, it, that …) gets what the newest earlier
question without such a word is about, in brackets behind it. Any other question stays as it is.
"""

from __future__ import annotations

import re

from iflytek_spark.emulator.rules.context import orders_of, question_of
from iflytek_spark.emulator.rules.labels import latest, parts
from iflytek_spark.emulator.rules.prompt import Prompt
from iflytek_spark.emulator.rules.words import is_chinese, phrases, proper_names, quoted, topics

_REWRITE = (
    r"(?:rephrase|rewrite|reformulate|formulate|condense"
    r"|改写|重写|改成|改为|转述|总结为|转换为|补全)"
)
_ALONE = r"(?:stand[- ]?alone|self[- ]contained|独立|完整的[^\n。]{0,12}(?:问题|提问)|不依赖|指代)"
_ASKS = re.compile(
    rf"{_REWRITE}.{{0,200}}{_ALONE}|{_ALONE}.{{0,60}}{_REWRITE}", re.IGNORECASE | re.DOTALL
)
_REFERS = re.compile(
    r"\b(?:it|its|they|them|their|that|this|those|these|he|she|him|her|his|there|one|ones|former"
    r"|latter|(?:what|how) about)\b|^and\b"
    r"|它|他们?|她们?|这|那|该|其(?!他|它|余)|此|前者|后者|上面|上述|刚才|呢[？?]?$",
    re.IGNORECASE,
)
_SPEAKER = re.compile(
    r"^[ \t>*-]*(?:(human|user|用户|问|我|Q)|ai|assistant|bot|助手|助理|答|星火|A)\**[ \t]*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_MAX_NOUNS = 3


def condense(prompt: Prompt) -> str | None:
    """Answer with the newest question made standalone, if the prompt asks for that.

    The earlier questions stand in the prompt's text or in its turns.
    """
    if not _ASKS.search(orders_of(prompt.whole)):
        return None
    found = parts(prompt.text)
    history = latest(found, "history")
    follow_up = latest(found, "follow_up", "question") or question_of(prompt.text)
    follow_up = follow_up.partition("\n\n")[0]
    earlier = _questions(history) if history else list(prompt.history)
    return _standalone(follow_up, earlier)


def _questions(history: str) -> list[str]:
    """Return what the user asked in a history of lines such as ``Human: …`` and ``AI: …``."""
    speakers = list(_SPEAKER.finditer(history))
    ends = [speaker.start() for speaker in speakers[1:]] + [len(history)]
    turns = zip(speakers, ends)
    return [history[speaker.end() : end].strip() for speaker, end in turns if speaker[1]]


def _standalone(follow_up: str, earlier: list[str]) -> str:
    plain = [question for question in earlier if not _REFERS.search(question)]
    if not earlier or not _REFERS.search(follow_up):
        return follow_up
    nouns = [noun for noun in _nouns((plain or earlier)[-1]) if noun not in follow_up]
    if not nouns:
        return follow_up
    chinese = is_chinese(follow_up)
    return f"{follow_up}（{'、'.join(nouns)}）" if chinese else f"{follow_up} ({', '.join(nouns)})"


def _nouns(question: str) -> list[str]:
    """Return what a question is about: its phrases, or in English its names if it has any."""
    named = [*quoted(question), *proper_names(question)]
    nouns = phrases(question) if is_chinese(question) else named or topics(question, set())
    return list(dict.fromkeys(noun for noun in nouns if len(noun) > 1))[:_MAX_NOUNS]
