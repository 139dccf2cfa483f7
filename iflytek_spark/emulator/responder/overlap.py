"""Measures how much the texts of a prompt have in common: all that the responder can judge.

With a right answer beside the one to judge, the measure is the share of its terms that the judged
answer holds; with a context, the share of the judged answer's terms that the context holds; with
a question alone, the share of the question's terms that the answer, or the context, holds.
"""

from __future__ import annotations

from typing import NamedTuple

from iflytek_spark.emulator.responder.context import context_of, given
from iflytek_spark.emulator.responder.labels import parts
from iflytek_spark.emulator.responder.words import numbers, terms


class Comparison(NamedTuple):
    """What is compared.

    Attributes:
        text: its words are looked for.
        other: where they are looked for.
        asks: whether the text is a question, so that its answer need not hold all its words.
    """

    text: str
    other: str
    asks: bool = False

    @property
    def share(self) -> float:
        """The part of the text's terms that stand in the other one, from 0 to 1."""
        own = terms(self.text)
        return len(own & terms(self.other)) / len(own) if own else 0.0

    @property
    def same_numbers(self) -> bool:
        """Whether all numbers of the text stand in the other one."""
        return set(numbers(self.text)) <= set(numbers(self.other))


def comparison_of(text: str) -> Comparison | None:
    """Find what a prompt gives to compare, or None.

    Args:
        text: the prompt.
    """
    found = parts(text)
    claim, right, asked = (given(found, kind) for kind in ("statement", "reference", "question"))
    context = given(found, "context") or context_of(text)
    if claim and right:
        return Comparison(right, claim)
    if claim and context:
        return Comparison(claim, context)
    other = claim or context
    return Comparison(asked, other, asks=True) if asked and other else None
