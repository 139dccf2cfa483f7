"""What the pools of both worlds share, and how they take a fork."""

from __future__ import annotations

import os
import weakref
from typing import Protocol

from iflytek_spark.errors import SparkError
from iflytek_spark.protocol.steps import StaleConnectionError, TransportError

TICK = 1.0
"""Seconds between two looks at what is too old. The age is by the wall clock, which may leap."""

FAILURES = (TimeoutError, TransportError, SparkError)
"""What opening a connection may fail with."""


def address_of(url: str) -> str:
    """Return the address that a signed URL leads to; signatures of one address differ."""
    return url.partition("?")[0]


def stale() -> StaleConnectionError:
    """Return the error of a connection that was dead when it was used."""
    return StaleConnectionError("the connection opened ahead was closed before a frame came")


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
