"""What the pools of both worlds share, and how they take a fork."""

from __future__ import annotations

import os
import weakref
from typing import Generic, NamedTuple, Protocol, TypeVar

from iflytek_spark.errors import SparkError
from iflytek_spark.protocol.steps import StaleConnectionError, TransportError
from iflytek_spark.transports.preconnect.budget import PROCESS_BUDGET

CHECK_INTERVAL = 1.0
"""Seconds between two looks at what is too old. The age is by the wall clock, which may leap."""

PING_AFTER = 5.0
"""Seconds of silence after which a connection is asked whether it still lives: firewalls and NAT
forget idle connections without a word."""

PING_TIMEOUT = 0.5
"""Seconds that the answer may take; to open a connection takes several such ways."""

OPENING_FAILURES = (TimeoutError, TransportError, SparkError)
"""What opening a connection may fail with."""


_T = TypeVar("_T")


class Taken(NamedTuple, Generic[_T]):
    """A connection that was opened ahead.

    Attributes:
        transport: the connection.
        answered: whether the peer has just answered a ping over it.
    """

    transport: _T
    answered: bool


class ConnectionSource(Protocol):
    """Where connections opened ahead are kept."""

    def note_use(self, address: str) -> None:
        """Note a call, and replace what it took."""

    def discard(self, address: str) -> None:
        """Close all connections to an address, one of which was found dead."""


class PooledConnection:
    """What one call takes from a pool, and how far it relies on that.

    Once a connection from there is broken its sisters may be too, and the call opens its own.
    """

    def __init__(self, source: ConnectionSource) -> None:
        """Begin without a connection."""
        self._source = source
        self._may_take = True
        self._unproven = self._answered = False
        self.address = ""

    def wanted(self, url: str) -> str | None:
        """Return the address of a signed URL if a connection to it may be taken, or None."""
        self.address, self._unproven = url.partition("?")[0], False
        return self.address if self._may_take else None

    def took(self, taken: Taken[_T] | None) -> _T | None:
        """Note what was handed out, and return the connection, if there is one."""
        if taken is None:
            return None
        self._unproven, self._answered = True, taken.answered
        return taken.transport

    def note_use(self) -> None:
        """Note that the call has a connection, its own or a taken one."""
        self._source.note_use(self.address)

    def confirm(self) -> None:
        """Note that a frame came: the connection is as good as one of the call's own."""
        self._unproven = False

    def note_failure(self, error: Exception | None) -> None:
        """Note that a connection broke, was closed, or stayed silent for too long.

        Raises:
            StaleConnectionError: when it was taken from the pool and nothing had come over it,
                unless it has just answered a ping, so that silence is the service's own.
        """
        slow = self._answered and isinstance(error, TimeoutError)
        if self._unproven and not slow:
            self._unproven = self._may_take = False
            self._source.discard(self.address)
            raise StaleConnectionError("the connection opened ahead was dead") from error


class ForkAware(Protocol):
    """What has to know that it was copied into another process."""

    def reset(self) -> None:
        """Let go of everything that belongs to the process that forked."""


_pools: weakref.WeakSet[ForkAware] = weakref.WeakSet()


def reset_after_fork(pool: ForkAware) -> None:
    """Have a pool forget, in a process that is forked off, what its parent goes on using."""
    _pools.add(pool)


def _reset_all() -> None:
    PROCESS_BUDGET.reset()
    for pool in list(_pools):
        pool.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)
