"""POST requests in the running event loop; :mod:`iflytek_spark.transports.http` says how."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Self

import httpx2

from iflytek_spark.protocol.steps import Opening
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.http import Body, Exchange, HttpCalls, http_failures, pool_settings
from iflytek_spark.transports.proxy import resolve_proxy
from iflytek_spark.transports.tls import shared_context

_PREPARED = threading.Event()


def _prepare() -> None:
    """Load the parts of httpx2 that its first transport needs, and the certificates of the CAs."""
    httpx2.AsyncHTTPTransport(verify=shared_context())
    _PREPARED.set()


class AsyncHttpTransport(HttpCalls):
    """Posts in the running event loop; otherwise as :class:`HttpTransport`."""

    def __init__(self, route: ConnectionOptions) -> None:
        """Prepare without connecting."""
        super().__init__(route)
        self._pool: httpx2.AsyncHTTPTransport | None = None

    async def connect(self, opening: Opening, timeout: float) -> None:
        """Note where the next request goes."""
        self._next = Exchange(opening, timeout)

    async def send(self, data: str | bytes, timeout: float) -> None:
        """Note the next request."""
        self._add_body(data)

    async def receive(self, timeout: float) -> bytes | None:
        """Send the request and read its answer; see :meth:`HttpTransport.receive`."""
        exchange = self._take_next()
        if exchange is None:
            return None
        with self._logged(exchange), http_failures():
            async with asyncio.timeout(timeout):
                return self._noted(await self._exchange(exchange, timeout))

    async def sleep(self, seconds: float) -> None:
        """Wait for one's turn or between two tries."""
        await asyncio.sleep(seconds)

    async def _disconnect(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.aclose()

    async def __aenter__(self) -> Self:
        """Have what is made once for a process made in a thread, where it holds no loop up."""
        if not _PREPARED.is_set():
            await asyncio.to_thread(_prepare)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._disconnect()

    async def _exchange(self, exchange: Exchange, timeout: float) -> bytes:
        if self._pool is None:
            proxy = resolve_proxy(exchange.opening.url, self._route.proxy)
            self._pool = httpx2.AsyncHTTPTransport(**pool_settings(proxy, self._route))
        response = await self._pool.handle_async_request(exchange.request(timeout))
        body = Body()
        try:
            async for chunk in response.aiter_raw():
                body.add(chunk)
        finally:
            await response.aclose()
        return body.checked(response)
