"""Awaits something, and does something else first when it would have to wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


class BeforeWaiting(Generic[_T]):
    """Awaits ``work``; when that is not ready, ``first`` is awaited before.

    So what has come together is sent together, and nothing that has come is held back: frames
    that wait in a buffer are read without a turn of the loop between them.
    """

    def __init__(self, work: Awaitable[_T], first: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Prepare.

        Args:
            work: what is awaited.
            first: is called and awaited once, unless ``work`` is ready.
        """
        self._work = work
        self._first = first

    def __await__(self) -> Generator[Any, Any, _T]:
        steps = self._work.__await__()
        try:
            waited_for = next(steps)
        except StopIteration as done:
            result: _T = done.value
            return result
        yield from self._first().__await__()
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
