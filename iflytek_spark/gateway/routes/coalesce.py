"""Sends together what has come together: what was collected is flushed before a wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


class FlushBeforeWait(Generic[_T]):
    """Awaits ``work``; when that is not ready, ``flush`` is awaited before.

    So nothing that has come is held back, and frames that wait in a buffer are read without a
    turn of the loop between them.
    """

    def __init__(self, work: Awaitable[_T], flush: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Prepare; ``flush`` is called and awaited once, unless ``work`` is ready."""
        self._work = work
        self._flush = flush

    def __await__(self) -> Generator[Any, Any, _T]:
        steps = self._work.__await__()
        try:
            waited_for = next(steps)
        except StopIteration as done:
            result: _T = done.value
            return result
        yield from self._flush().__await__()
        return (yield from _Resumed(waited_for, steps))


class _Resumed(Generator[Any, Any, _T]):
    """The rest of an awaitable that was asked once: what it waits for is handed on first."""

    def __init__(self, waited_for: Any, steps: Generator[Any, Any, _T]) -> None:
        self._waited_for = [waited_for]
        self._steps = steps

    def send(self, value: Any) -> Any:
        return self._waited_for.pop() if self._waited_for else self._steps.send(value)

    def throw(self, *error: Any) -> Any:
        return self._steps.throw(*error)
