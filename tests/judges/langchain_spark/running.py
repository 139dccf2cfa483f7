"""Ways to run a graph."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

WAYS = pytest.mark.parametrize("how", ["invoke", "ainvoke", "stream", "astream"])
ASYNC_WAYS = pytest.mark.parametrize("how", ["ainvoke", "astream"])
"""For tools that MCP's adapter makes, which are async alone."""

MODES = ["messages", "values"]
"""The first has the model stream too."""


async def run(graph: Any, asked: str | list[tuple[str, str]], how: str) -> dict[str, Any]:
    """Run a graph of messages; the last state that a stream shows is the result."""
    given = {"messages": [("user", asked)] if isinstance(asked, str) else asked}
    state: dict[str, Any]
    if how == "invoke":
        state = await asyncio.to_thread(graph.invoke, given)
    elif how == "ainvoke":
        state = await graph.ainvoke(given)
    elif how == "stream":
        parts = await asyncio.to_thread(lambda: list(graph.stream(given, stream_mode=MODES)))
        state = shown_last(parts)
    else:
        state = shown_last([part async for part in graph.astream(given, stream_mode=MODES)])
    return state


def shown_last(parts: list[Any]) -> dict[str, Any]:
    """The last state that a stream in these modes showed."""
    *_, state = [part for mode, part in parts if mode == "values"]
    return dict(state)


async def messages_of(graph: Any, asked: str | list[tuple[str, str]], how: str) -> list[Any]:
    """The messages of a run after the first one."""
    return list((await run(graph, asked, how))["messages"][1:])
