"""What the pools of both worlds share, and how they take a fork."""

from __future__ import annotations

import os
import weakref
from typing import Generic, Protocol, TypeVar

from iflytek_spark.errors import SparkError
from iflytek_spark.protocol.steps import StaleConnectionError, TransportError

CHECK_INTERVAL = 1.0
"""Seconds between two looks at what is too old. The age is by the wall clock, which may leap."""

OPENING_FAILURES = (TimeoutError, TransportError, SparkError)
"""What opening a connection may fail with."""


_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)


class ConnectionSource(Protocol[_T_co]):
    """Where connections opened ahead are kept."""

    def take(self, address: str) -> _T_co | None:
        """Hand out a connection to an address, or None."""

    def note_use(self, address: str) -> None:
        """Note a call, and replace what it took."""

    def discard(self, address: str) -> None:
        """Close all connections to an address, one of which was found dead."""


class PooledConnection(Generic[_T]):
    """What one call takes from a pool, and how far it relies on that.

    Once a connection from there is broken its sisters may be too, and the call opens its own.
    """

    def __init__(self, source: ConnectionSource[_T]) -> None:
        """Begin without a connection."""
        self._source = source
        self._may_take = True
        self._unproven = False
        self._address = ""

    def take(self, url: str) -> _T | None:
        """Take a connection to a signed URL, of which signatures differ, or None."""
        self._address = url.partition("?")[0]
        taken = self._source.take(self._address) if self._may_take else None
        self._unproven = taken is not None
        return taken

    def note_use(self) -> None:
        """Note that the call has a connection, its own or a taken one."""
        self._source.note_use(self._address)

    def confirm(self) -> None:
        """Note that a frame came: the connection is as good as one of the call's own."""
        self._unproven = False

    def note_failure(self, error: Exception | None) -> None:
        """Note that a connection broke or was closed.

        Raises:
            StaleConnectionError: when it was taken from the pool and nothing had come over it.
        """
        if self._unproven:
            self._unproven = self._may_take = False
            self._source.discard(self._address)
            raise StaleConnectionError(
                "the connection opened ahead was closed before a frame came"
            ) from error


class ForkAware(Protocol):
    """What has to know that it was copied into another process."""

    def reset(self) -> None:
        """Let go of everything that belongs to the process that forked."""


_pools: weakref.WeakSet[ForkAware] = weakref.WeakSet()


def reset_after_fork(pool: ForkAware) -> None:
    """Have a pool forget, in a process that is forked off, what its parent goes on using."""
    _pools.add(pool)


def _reset_all() -> None:
    for pool in list(_pools):
        pool.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)
