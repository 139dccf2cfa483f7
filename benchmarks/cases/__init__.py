"""What is measured. A case does its work once and returns how many units it saw.

Each file holds the cases of one library, or of one section. A case is named ``module:function``; a
sample loads no other module, for what a process has loaded makes its garbage collection slower.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Coroutine
from importlib import import_module
from typing import Any, Literal, NamedTuple, TypeAlias

CALLS = 20
"""Tool calls in one run of their cases."""


class Place(NamedTuple):
    """Where the servers listen, and what is asked of them.

    Attributes:
        spark: base URL of Spark's WebSocket.
        openai: base URL of OpenAI's HTTP, without ``/v1``.
        chunks: pieces in an answer.
        messages: messages in a question, an odd number.
    """

    spark: str
    openai: str
    chunks: int
    messages: int = 1

    def conversation(self) -> list[tuple[Literal["user", "assistant"], str]]:
        """Return the question as roles and texts: the first and last words are a user's."""
        texts = [f"第{number}句：讯飞星火大模型" for number in range(self.messages)]
        return [("assistant" if at % 2 else "user", text) for at, text in enumerate(texts)]


Work: TypeAlias = Callable[[Place], int | Coroutine[Any, Any, int]]


async def count(items: AsyncIterable[object]) -> int:
    """Return how many come; none is kept, as none is in a loop that is not asynchronous."""
    seen = 0
    async for _ in items:
        seen += 1
    return seen


def load(name: str) -> Work:
    """Return a case by its name: ``module:function``, or ``module:function:maker``.

    A maker makes what the function is given first, anew for each run.
    """
    module, *names = name.split(":")
    case, *maker = (getattr(import_module(f"benchmarks.cases.{module}"), name) for name in names)
    return (lambda place: case(maker[0](place), place)) if maker else case
