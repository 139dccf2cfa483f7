"""What the responder answers, as a value."""

from __future__ import annotations

from typing import NamedTuple

from iflytek_spark.messages import Citation
from iflytek_spark.protocol.wire import FunctionCall


class Answer(NamedTuple):
    """An answer before it is cut into frames.

    Attributes:
        text: the answer.
        reasoning: the thoughts before it.
        call: a function call in place of a text, or None.
        pages: what a web search found.
    """

    text: str = ""
    reasoning: str = ""
    call: FunctionCall | None = None
    pages: tuple[Citation, ...] = ()
