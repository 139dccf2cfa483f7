"""Connections that wait for the next request of one client, by where they lead to."""

from __future__ import annotations

import threading
from typing import Generic, NamedTuple, TypeVar

from iflytek_spark.assumptions import KEEP_ALIVE_SECONDS
from iflytek_spark.transports.loop_end import Closable
from iflytek_spark.transports.sse.answer import Origin

_MAX_IDLE = 100
"""Connections to one origin; what is above it is closed."""


_C = TypeVar("_C", bound=Closable)


class _Kept(NamedTuple, Generic[_C]):
    connection: _C
    until: float


class IdleConnections(Generic[_C]):
    """Keeps connections for some time; the newest is handed out first. Threads may share it."""

    def __init__(self) -> None:
        """Start with none."""
        self._lock = threading.Lock()
        self._kept: dict[Origin, list[_Kept[_C]]] = {}

    def take(self, origin: Origin, now: float) -> _C | None:
        """Hand out a connection, or None, and close what is too old.

        Args:
            origin: where it is to lead.
            now: seconds of a monotonic clock.
        """
        with self._lock:
            old = self._expired(now)
            kept = self._kept.get(origin)
            taken = kept.pop().connection if kept else None
        _close(old)
        return taken

    def give(self, origin: Origin, connection: _C, now: float) -> None:
        """Keep a connection that nobody uses."""
        with self._lock:
            old = self._expired(now)
            kept = self._kept.setdefault(origin, [])
            kept.append(_Kept(connection, now + KEEP_ALIVE_SECONDS))
            if len(kept) > _MAX_IDLE:
                old.append(kept.pop(0).connection)
        _close(old)

    def close(self) -> None:
        """Close all that wait."""
        with self._lock:
            old = [each.connection for kept in self._kept.values() for each in kept]
            self._kept.clear()
        _close(old)

    def expire(self, now: float) -> None:
        """Close what is too old."""
        with self._lock:
            old = self._expired(now)
        _close(old)

    def reset(self) -> None:
        """Begin anew in a process that was forked off; a lock may be held by a thread there."""
        self._lock = threading.Lock()
        self.close()

    def _expired(self, now: float) -> list[_C]:
        old: list[_C] = []
        for origin, kept in list(self._kept.items()):
            old += [each.connection for each in kept if each.until <= now]
            self._kept[origin] = [each for each in kept if each.until > now]
        return old


def _close(connections: list[_C]) -> None:
    for connection in connections:
        connection.close()
