"""Notices a caller that disconnects: neither Starlette nor raw ASGI stops the work by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

CLIENT_CLOSED_REQUEST = 499
"""The status that logs show for a caller that disconnected; nobody receives it."""

_T = TypeVar("_T")


async def cancel_on_disconnect(receive: Receive, work: Coroutine[Any, Any, _T]) -> _T:
    """Do something for a caller for as long as it is connected, and return its result.

    Args:
        receive: the request's, of which the body has been read.
        work: is cancelled when the caller disconnects.

    Raises:
        ClientDisconnect: when the caller disconnected first.
    """
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
    finally:
        watching.cancel()
        if not working.done():
            working.cancel()
        await asyncio.wait((working, watching))
    if working.cancelled():
        raise ClientDisconnect
    return working.result()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
