"""Closes what belongs to an event loop when the loop is wound up."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any


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
