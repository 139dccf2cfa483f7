"""Generators over a running answer that close its socket themselves.

LlamaIndex's callbacks put a generator of their own around ours, and do not close ours: they leave
it to the garbage collector. That comes late when an event handler keeps the exception, whose
traceback keeps the generator. So the outermost generator closes the socket.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import aclosing
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from iflytek_spark import AsyncChatStream, ChatStream, Event

P = ParamSpec("P")
T = TypeVar("T")
_opened: ContextVar[list[ChatStream]] = ContextVar("opened")
_aopened: ContextVar[list[AsyncChatStream]] = ContextVar("aopened")


def read(stream: ChatStream, write: Callable[[Event], T]) -> Generator[T, None, None]:
    """Read an answer as ``write`` translates its events, and note it for :func:`closing_stream`."""
    _opened.get().append(stream)
    return (write(event) for event in stream)


def aread(stream: AsyncChatStream, write: Callable[[Event], T]) -> AsyncGenerator[T, None]:
    """Read an answer, and note it for :func:`aclosing_stream`; see :func:`read`."""
    _aopened.get().append(stream)
    return (write(event) async for event in stream)


def closing_stream(
    method: Callable[P, Generator[T, None, None]],
) -> Callable[P, Generator[T, None, None]]:
    """Make the generator of a method close what the method has opened with :func:`read`."""

    @wraps(method)
    def opening(*args: P.args, **kwargs: P.kwargs) -> Generator[T, None, None]:
        opened: list[ChatStream] = []
        token = _opened.set(opened)
        try:
            return _closing(method(*args, **kwargs), opened)
        finally:
            _opened.reset(token)

    return opening


def aclosing_stream(
    method: Callable[P, Coroutine[None, None, AsyncGenerator[T, None]]],
) -> Callable[P, Coroutine[None, None, AsyncGenerator[T, None]]]:
    """Make the generator of a method close what the method has opened with :func:`aread`."""

    @wraps(method)
    async def opening(*args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[T, None]:
        opened: list[AsyncChatStream] = []
        token = _aopened.set(opened)
        try:
            return _aclosing(await method(*args, **kwargs), opened)
        finally:
            _aopened.reset(token)

    return opening


def _closing(
    responses: Generator[T, None, None], opened: list[ChatStream]
) -> Generator[T, None, None]:
    try:
        yield from responses
    finally:
        for stream in opened:
            stream.close()


async def _aclosing(
    responses: AsyncGenerator[T, None], opened: list[AsyncChatStream]
) -> AsyncGenerator[T, None]:
    try:
        async with aclosing(responses):
            async for response in responses:
                yield response
    finally:
        for stream in opened:
            await stream.aclose()
