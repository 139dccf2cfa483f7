"""Keeps responses for the callers that they were for, within bounds."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Protocol

from iflytek_spark.gateway.responses.settings import ResponsesStoreSettings


class ResponseStore(Protocol):
    """Responses as JSON, by the name of their owner and their id."""

    async def put(self, owner: str, response_id: str, data: bytes) -> None:
        """Keep a response; one that is larger than all that may be kept is not."""

    async def get(self, owner: str, response_id: str) -> bytes | None:
        """Return a response of an owner, or None."""

    async def delete(self, owner: str, response_id: str) -> bool:
        """Keep a response no longer, and return whether it was there."""

    async def aclose(self) -> None:
        """Close what is open."""


class MemoryStore:
    """Keeps responses in this process."""

    def __init__(self, settings: ResponsesStoreSettings) -> None:
        """Start with nothing."""
        self._settings = settings
        self._kept: OrderedDict[tuple[str, str], tuple[float, bytes]] = OrderedDict()
        self._bytes = 0

    async def put(self, owner: str, response_id: str, data: bytes) -> None:
        """Keep a response; the oldest make room."""
        settings = self._settings
        if len(data) > settings.max_bytes:
            return
        self._kept[owner, response_id] = time.monotonic() + settings.seconds, data
        self._bytes += len(data)
        while len(self._kept) > settings.max_entries or self._bytes > settings.max_bytes:
            self._forget(next(iter(self._kept)))

    async def get(self, owner: str, response_id: str) -> bytes | None:
        """Return a response that is not too old."""
        self._forget_old()
        found = self._kept.get((owner, response_id))
        return found[1] if found else None

    async def delete(self, owner: str, response_id: str) -> bool:
        """Forget a response."""
        self._forget_old()
        known = (owner, response_id) in self._kept
        if known:
            self._forget((owner, response_id))
        return known

    async def aclose(self) -> None:
        """Do nothing."""

    def _forget_old(self) -> None:
        now = time.monotonic()
        while self._kept and next(iter(self._kept.values()))[0] <= now:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: tuple[str, str]) -> None:
        self._bytes -= len(self._kept.pop(key)[1])
