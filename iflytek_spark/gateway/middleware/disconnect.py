"""Notices a caller that hangs up: neither Starlette nor raw ASGI stops the work by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.types import Receive

_T = TypeVar("_T")


class CallerLeftError(Exception):
    """The caller hung up before the answer's end; there is nobody to tell."""


async def unless_left(receive: Receive, work: Coroutine[Any, Any, _T]) -> _T:
    """Do something for a caller for as long as there is one.

    Args:
        receive: the request's, of which the body has been read.
        work: is cancelled when the caller hangs up.

    Returns:
        What ``work`` returns.

    Raises:
        CallerLeftError: when the caller hung up first.
    """
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
    finally:
        watching.cancel()
        if not working.done():
            working.cancel()
        await asyncio.wait((working, watching))
    if working.cancelled():
        raise CallerLeftError
    return working.result()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
