"""Answers with what a tool returned."""

from __future__ import annotations

from iflytek_spark.emulator.responder.passages import best_sentences
from iflytek_spark.emulator.responder.prompt import Returned
from iflytek_spark.emulator.responder.words import is_chinese

_LONG = 200


def tell_result(result: Returned) -> str:
    """Repeat a short result, and of a long one the sentences that fit the question best.

    Args:
        result: what tools returned.

    Returns:
        A sentence in the question's language.
    """
    returned = result.text
    if len(returned) > _LONG:
        fitting, _ = best_sentences(result.question, returned)
        returned = "\n".join(fitting) or returned
    if is_chinese(result.question):
        return f"关于“{result.question}”，工具返回的结果是：{returned}"
    return f"About “{result.question}”, the tool returned: {returned}"
