"""What is measured. Each case does its work once and returns how many units it saw."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

Work: TypeAlias = Callable[["Place"], int] | Callable[["Place"], Coroutine[Any, Any, int]]


@dataclass(frozen=True)
class Place:
    """Where the servers listen, and how long their answers are."""

    spark: str
    openai: str
    chunks: int


def cases() -> dict[str, Work]:
    """Return every case by its name, in the order of the report."""
    from benchmarks import langchain_cases, llama_index_cases, socket_cases

    return {**socket_cases.CASES, **langchain_cases.CASES, **llama_index_cases.CASES}
