"""What belongs to an event loop: kept by loop, and closed when the loop is wound up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar


async def until_the_loop_ends(
    drop: Callable[[], None], ended: Callable[[], object]
) -> AsyncGenerator[None, None]:
    """Live until closed; a loop that is wound up closes its asynchronous generators.

    A task could do the same, but one that is pending when a loop ends is complained of.
    """
    try:
        yield
    finally:
        ended()
        drop()


def run_step(step: Coroutine[Any, Any, None]) -> None:
    """Carry out a step of a generator that never waits, outside of a coroutine too."""
    with contextlib.suppress(StopIteration):
        step.send(None)


class Closable(Protocol):
    """What can be closed: what a loop has for itself, in its thread or after its end."""

    def close(self) -> None:
        """Close it at once."""


_Own = TypeVar("_Own", bound=Closable)


class ByLoop(Generic[_Own]):
    """What each event loop that a client is used from has for itself."""

    def __init__(self, make: Callable[[Callable[[], object]], _Own]) -> None:
        """Start with none.

        Args:
            make: makes what the running loop has for itself; it is given what to call when
                that loop has ended.
        """
        self._make = make
        self._by_loop: dict[asyncio.AbstractEventLoop, _Own] = {}
        self._inherited: list[_Own] = []

    def get(self) -> _Own | None:
        """Return what the running loop has, if it has anything."""
        return self._by_loop.get(asyncio.get_running_loop())

    def running(self) -> _Own:
        """Return what the running loop has, and make it when it has nothing yet."""
        self._close_dead()
        loop = asyncio.get_running_loop()
        own = self._by_loop.get(loop)
        if own is None:
            own = self._by_loop[loop] = self._make(lambda: self._by_loop.pop(loop, None))
        return own

    def close(self) -> None:
        """Have each loop close what is its own; from any thread."""
        for loop, own in list(self._by_loop.items()):
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(own.close)
        self._close_dead()

    def reset(self) -> None:
        """Let go, after a fork, of the parent's loops; to touch them would disturb the parent."""
        self._inherited += self._by_loop.values()
        self._by_loop.clear()

    def _close_dead(self) -> None:
        """Close what belongs to loops that were closed without being wound up."""
        for loop in [loop for loop in list(self._by_loop) if loop.is_closed()]:
            own = self._by_loop.pop(loop, None)
            if own is not None:
                own.close()
