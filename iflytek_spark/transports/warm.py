"""What the pools of both worlds share, and how they take a fork."""

from __future__ import annotations

import os
import weakref
from typing import Generic, Protocol, TypeVar

from iflytek_spark.errors import SparkError
from iflytek_spark.protocol.steps import StaleConnectionError, TransportError

TICK = 1.0
"""Seconds between two looks at what is too old. The age is by the wall clock, which may leap."""

FAILURES = (TimeoutError, TransportError, SparkError)
"""What opening a connection may fail with."""


_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)


class Shelf(Protocol[_T_co]):
    """Where connections opened ahead are kept."""

    def take(self, address: str) -> _T_co | None:
        """Hand out a connection to an address, or None."""

    def called(self, address: str) -> None:
        """Note a call, and replace what it took."""

    def lost(self, address: str) -> None:
        """Close all connections to an address, one of which was found dead."""


class Trust(Generic[_T]):
    """What one call takes from a shelf, and how far it trusts that.

    Once a connection from there is broken its sisters may be too, and the call opens its own.
    """

    def __init__(self, shelf: Shelf[_T]) -> None:
        """Trust the shelf, having taken nothing."""
        self._shelf = shelf
        self._trusting = True
        self._untried = False
        self._address = ""

    def take(self, url: str) -> _T | None:
        """Take a connection to a signed URL, of which signatures differ, or None."""
        self._address = url.partition("?")[0]
        taken = self._shelf.take(self._address) if self._trusting else None
        self._untried = taken is not None
        return taken

    def called(self) -> None:
        """Note that the call has a connection, its own or a taken one."""
        self._shelf.called(self._address)

    def heard(self) -> None:
        """Note that a frame came: the connection is as good as one of the call's own."""
        self._untried = False

    def broken(self, error: Exception | None) -> None:
        """Note that a connection broke or was closed.

        Raises:
            StaleConnectionError: when it was taken from the shelf and nothing had come over it.
        """
        if self._untried:
            self._untried = self._trusting = False
            self._shelf.lost(self._address)
            raise StaleConnectionError(
                "the connection opened ahead was closed before a frame came"
            ) from error


class Forgetful(Protocol):
    """What has to know that it was copied into another process."""

    def forget(self) -> None:
        """Let go of everything that belongs to the process that forked."""


_pools: weakref.WeakSet[Forgetful] = weakref.WeakSet()


def forget_after_fork(pool: Forgetful) -> None:
    """Have a pool forget, in a process that is forked off, what its parent goes on using."""
    _pools.add(pool)


def _forget() -> None:
    for pool in list(_pools):
        pool.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
