"""Answers with sentences of a given text: those that fit a question, or hold most of the text."""

from __future__ import annotations

import math
import re
from collections import Counter

from iflytek_spark.emulator.rules.context import context_of, orders_of, question_of
from iflytek_spark.emulator.rules.labels import latest, parts
from iflytek_spark.emulator.rules.prompt import Prompt, Returned
from iflytek_spark.emulator.rules.words import is_chinese, sentences, terms

_MAX_SENTENCES = 3
_NEAR_BEST = 0.6
_SHARE = 0.5
_LONG = 200
_WORTH_A_SUMMARY = 60
_SUMMARY = re.compile(
    r"^[^\n]*?(?:\b(?:write|give|create|provide)\b[^\n]{0,40}\bsummary\b|\bsummari[sz]e\b"
    r"|总结|概括|摘要|归纳)[^\n]*?(?:[:：]|$)|^[^\n]*summary:[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_IF_NOTHING = re.compile(
    r"(?i:\b(?:if|when)\b|如果|若)[^.。\n]*?"
    r"(?i:return|output|reply|respond|say|answer|write|返回|输出|回答|回复|说)"
    r"(?: with)?[\s\"'“‘`:：]{0,3}((?!JSON\b)[A-Z][A-Z_]{3,})(?![A-Za-z])"
)


def answer_from_context(prompt: Prompt) -> str | None:
    """Answer from the text that the prompt gives.

    Returns:
        Sentences of a marked context and of an answer to refine, or a word of regret; sentences
        of an unmarked long text or of earlier turns only when they surely fit, beside the
        question; else None.
    """
    question = question_of(prompt.text)
    existing = latest(parts(prompt.text), "existing").partition("\n")[0]
    marked = context_of(prompt.text) or context_of(prompt.instructions)
    if marked:
        fitting, _ = best_sentences(question, f"{existing}\n{marked}")
        return "\n".join(fitting) or existing or _asked_regret(prompt) or _regret(question)
    whole = prompt.whole.replace(question, "")
    text = "\n".join((*prompt.history, whole if len(whole) >= _LONG else ""))
    fitting, share = best_sentences(question, text)
    if not fitting or share < _SHARE:
        return None
    lead = f"关于“{question}”：" if is_chinese(question) else f"About “{question}”: "
    return lead + " ".join(fitting)


def best_sentences(question: str, text: str) -> tuple[list[str], float]:
    """Find the sentences of a text that share most with a question; rare words count more.

    A heading of Markdown tells nothing, and is left out.

    Returns:
        At most three sentences in their order, and the share of the question's terms that the
        best one holds.
    """
    asked = terms(question)
    candidates = (one for one in dict.fromkeys(sentences(text)) if not one.startswith("#"))
    pool = [(sentence, terms(sentence) & asked) for sentence in candidates]
    spread = Counter(term for _, shared in pool for term in shared)
    scores = [sum(math.log(1 + len(pool) / spread[term]) for term in shared) for _, shared in pool]
    best = max(scores, default=0.0)
    if not best:
        return [], 0.0
    near = [index for index, score in enumerate(scores) if score >= _NEAR_BEST * best]
    chosen = sorted(sorted(near, key=lambda index: -scores[index])[:_MAX_SENTENCES])
    share = len(pool[scores.index(best)][1]) / len(asked)
    return [pool[index][0] for index in chosen], share


def answer_from_result(result: Returned) -> str:
    """Repeat a short result, and of a long one the sentences that fit the question best."""
    returned = result.text
    if len(returned) > _LONG:
        fitting, _ = best_sentences(result.question, returned)
        returned = "\n".join(fitting) or returned
    if is_chinese(result.question):
        return f"关于“{result.question}”，工具返回的结果是：{returned}"
    return f"About “{result.question}”, the tool returned: {returned}"


def summarise(prompt: Prompt) -> str | None:
    """Answer with a few sentences of the given text, if the prompt asks for a summary of it.

    The text is the marked one, else all but the line that asks.
    """
    if not _SUMMARY.search(orders_of(prompt.text)) or latest(parts(prompt.text), "question"):
        return None
    text = context_of(prompt.text) or _SUMMARY.sub("", prompt.text)
    if len(text) < _WORTH_A_SUMMARY:
        return None
    return "\n".join(_main(list(dict.fromkeys(sentences(text)))))


def _asked_regret(prompt: Prompt) -> str:
    """Return the word in capitals that a prompt asks for when nothing in its text fits."""
    found = _IF_NOTHING.search(orders_of(prompt.whole))
    return found[1] if found else ""


def _regret(question: str) -> str:
    if is_chinese(question):
        return f"根据给出的内容，我不知道“{question}”的答案。"
    return f"I don't know: the given context says nothing about “{question}”."


def _main(candidates: list[str]) -> list[str]:
    """Choose the sentences whose words are the most frequent for their number, in order."""
    words = [terms(sentence) for sentence in candidates]
    counts = Counter(term for shared in words for term in shared)
    weights = [sum(counts[term] for term in own) / math.sqrt(len(own) or 1) for own in words]
    chosen = sorted(range(len(candidates)), key=lambda index: -weights[index])[:_MAX_SENTENCES]
    return [candidates[index] for index in sorted(chosen)]
