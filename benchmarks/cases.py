"""What is measured. Each case does its work once and returns how many units it saw."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

Work: TypeAlias = Callable[["Place"], int] | Callable[["Place"], Coroutine[Any, Any, int]]


@dataclass(frozen=True)
class Place:
    """Where the servers listen, and how long their answers are."""

    spark: str
    openai: str
    chunks: int


_MODULES = ("socket_cases", "langchain_cases", "llama_index_cases")


def case_names() -> list[tuple[str, str]]:
    """Return module and name of every case, in the order of the report."""
    return [(module, name) for module in _MODULES for name in load(module)]


def load(module: str) -> dict[str, Work]:
    """Return the cases of one module.

    A sample loads no other: what a process has loaded makes its garbage collection slower.
    """
    cases: dict[str, Work] = import_module(f"benchmarks.{module}").CASES
    return cases
