"""Answers a question with the sentences that fit it best."""

from __future__ import annotations

import math
from collections import Counter

from iflytek_spark.emulator.responder.context import context_of, question_of
from iflytek_spark.emulator.responder.labels import latest, parts
from iflytek_spark.emulator.responder.prompt import Prompt
from iflytek_spark.emulator.responder.words import is_chinese, sentences, terms

_MOST = 3
_NEAR_BEST = 0.6
_SHARE = 0.5
_LONG = 200


def answer_from_context(prompt: Prompt) -> str | None:
    """Answer from the text that the prompt gives.

    Args:
        prompt: the conversation.

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
        return "\n".join(fitting) or existing or _regret(question)
    whole = prompt.whole.replace(question, "")
    text = "\n".join((*prompt.history, whole if len(whole) >= _LONG else ""))
    fitting, share = best_sentences(question, text)
    if not fitting or share < _SHARE:
        return None
    lead = f"关于“{question}”：" if is_chinese(question) else f"About “{question}”: "
    return lead + " ".join(fitting)


def best_sentences(question: str, text: str) -> tuple[list[str], float]:
    """Find the sentences that share most with a question; rare words count more.

    A heading of Markdown tells nothing, and is left out.

    Args:
        question: the question.
        text: where to look; its Markdown headings are no sentences.

    Returns:
        At most three sentences in their order, and the share of the question's terms that the
        best one holds.
    """
    asked = terms(question)
    said = (one for one in dict.fromkeys(sentences(text)) if not one.startswith("#"))
    pool = [(sentence, terms(sentence) & asked) for sentence in said]
    spread = Counter(term for _, shared in pool for term in shared)
    scores = [sum(math.log(1 + len(pool) / spread[term]) for term in shared) for _, shared in pool]
    best = max(scores, default=0.0)
    if not best:
        return [], 0.0
    near = [index for index, score in enumerate(scores) if score >= _NEAR_BEST * best]
    chosen = sorted(sorted(near, key=lambda index: -scores[index])[:_MOST])
    share = len(pool[scores.index(best)][1]) / len(asked)
    return [pool[index][0] for index in chosen], share


def _regret(question: str) -> str:
    if is_chinese(question):
        return f"根据给出的内容，我不知道“{question}”的答案。"
    return f"I don't know: the given context says nothing about “{question}”."
