"""Work that could keep the event loop from other callers is done in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

_THREADS = ThreadPoolExecutor(2, thread_name_prefix="gateway-work")
"""Two: more would take more memory at once, and work no faster."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def in_thread(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Do something in one of the threads; whoever is cancelled while it waits leaves the queue."""
    context = copy_context()
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREADS, lambda: context.run(work, *args, **kwargs))
