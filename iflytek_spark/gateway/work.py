"""Work that could keep the event loop from other callers is done in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

from starlette.requests import Request

_MAX_INLINE_BYTES = 16 * 1024
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="gateway-work")
"""Two: more would take more memory at once, and work no faster."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def in_thread(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Do something in one of the threads; whoever is cancelled while it waits leaves the queue."""
    context = copy_context()
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREADS, lambda: context.run(work, *args, **kwargs))


async def read_body(request: Request) -> bytes:
    """Read what a caller sent, of which no copy stays with the request: an image may be large."""
    return b"".join([chunk async for chunk in request.stream()])


async def by_size(body: bytes, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Do something with what a caller sent: here if that is short, else in a thread.

    References of schemas (``$ref``) make much of little, so with these it is always a thread.
    """
    if len(body) <= _MAX_INLINE_BYTES and b"$" not in body and b"\\u0024" not in body:
        return work(*args, **kwargs)
    return await in_thread(work, *args, **kwargs)
