"""How many connections may be open, and which one makes room for another."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from ipaddress import IPv6Address, ip_network
from typing import Protocol

if sys.platform != "win32":
    import resource

from uvicorn.server import ServerState

from iflytek_spark.gateway.settings import GatewaySettings

_LOG = logging.getLogger("iflytek_spark.gateway")

_RESERVED_FILES = 80
"""Files besides connections: libraries, metrics, logs, Redis, and connections that are closing."""

_DEFAULT_FILES = 8192
"""Where a system does not say how many files a process may open."""

_MAX_CLOSING = 16
"""Connections that have been refused, and whose callers have yet to read why."""

CLOSING_SECONDS = 2.0
"""For a caller that is refused to read why."""

_LOG_SECONDS = 60.0

_MAX_KEPT = 1024


class Phase(IntEnum):
    """What a connection does: the first ones make room first."""

    NEW = 0
    """Its first head is not complete."""
    IDLE = 1
    """It has been answered, and has not asked again."""
    STALLED = 2
    """It does not read its response."""
    BUSY = 3
    """It is being answered, and is never closed for another's sake."""


class Member(Protocol):
    """A connection, as it is counted.

    Attributes:
        address: whose it is; see :func:`address_of`.
        phase: what it does, changed by :meth:`Connections.move` alone.
    """

    address: str
    phase: Phase

    def give_way(self, message: str) -> None:
        """Close, and say why where that can be read."""

    def check(self, now: float) -> None:
        """Look whether its time is over, at a moment of the loop's clock."""

    def abort(self) -> None:
        """Close at once."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What callers' connections may take.

    Attributes:
        connections: open at once.
        per_address: of one address.
        head_seconds: for a request line and its headers, or for a body's trailers.
        idle_seconds: between two requests.
        write_seconds: in which a caller must read something of what waits for it.
    """

    connections: int
    per_address: int
    head_seconds: float
    idle_seconds: float
    write_seconds: float

    @classmethod
    def of(cls, settings: GatewaySettings, idle_seconds: float) -> ConnectionLimits:
        """Follow the settings; by default each connection has a file for one to Spark.

        One address may take three quarters, so that it leaves room for others.
        """
        files = max_files() - _RESERVED_FILES - settings.preconnect
        connections = settings.max_connections or max(files // 2, 1)
        per_address = settings.max_connections_per_address or max(connections * 3 // 4, 1)
        return cls(
            connections,
            min(per_address, connections),
            settings.head_timeout,
            idle_seconds,
            settings.write_timeout,
        )


class _Group:
    """The connections of one address, or of all, in the order in which they make room."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.phases: tuple[dict[Member, None], ...] = tuple({} for _ in Phase)

    def __len__(self) -> int:
        return sum(map(len, self.phases))

    @property
    def is_busy(self) -> bool:
        """Whether there is no room, and none can be made."""
        return len(self.phases[Phase.BUSY]) >= self.limit

    def make_room(self, message: str) -> bool:
        """Close what can be closed until one more has room, and return whether it has."""
        while len(self) >= self.limit:
            first = next((one for members in self.phases[: Phase.BUSY] for one in members), None)
            if first is None:
                return False
            first.give_way(message)
        return True


class Connections(ServerState):
    """The connections of a server."""

    def __init__(self, limits: ConnectionLimits) -> None:
        """Set up with none open."""
        super().__init__()
        self.limits = limits
        which = "from one address" if limits.per_address < limits.connections else "at once"
        self._own_full = _full(limits.per_address, which)
        self._all_full = _full(limits.connections, "at once")
        self._all = _Group(limits.connections)
        self._of_address: dict[str, _Group] = {}
        self._closing: dict[Member, None] = {}
        self._refused: Counter[int] = Counter()
        self._logged = 0.0

    def __len__(self) -> int:
        """Return how many are open or being closed."""
        return len(self._all) + len(self._closing)

    def why_full(self, address: str) -> str | None:
        """Return why no room can be made for a connection of an address, or None if it can."""
        own = self._of_address.get(address)
        if own is not None and own.is_busy:
            return self._own_full
        return self._all_full if self._all.is_busy else None

    def admit(self, member: Member) -> str | None:
        """Count a new connection.

        Returns:
            None, or why there is no room.
        """
        own = self._of_address.get(member.address) or _Group(self.limits.per_address)
        # Its own first: that makes room at nobody else's cost.
        for group, message in ((own, self._own_full), (self._all, self._all_full)):
            if not group.make_room(message):
                return message
        self._of_address[member.address] = own  # which a connection that gave way may have emptied
        for group in (own, self._all):
            group.phases[member.phase][member] = None
        return None

    def move(self, member: Member, phase: Phase) -> None:
        """Note what a connection does now."""
        own = self._of_address.get(member.address)
        if member.phase == phase or own is None or member not in own.phases[member.phase]:
            return
        for group in (own, self._all):
            del group.phases[member.phase][member]
            group.phases[phase][member] = None
        member.phase = phase

    def remove(self, member: Member) -> None:
        """Forget a connection that is closed, or being closed."""
        self._closing.pop(member, None)
        if own := self._of_address.get(member.address):
            for group in (own, self._all):
                group.phases[member.phase].pop(member, None)
            if not len(own):
                del self._of_address[member.address]

    def refuse(self, member: Member, status: int) -> None:
        """Count a connection no longer: its caller has a while to read why it is closed."""
        self.remove(member)
        self._refused[status] += 1
        if len(self._closing) >= _MAX_CLOSING:
            oldest = next(iter(self._closing))
            self.remove(oldest)
            oldest.abort()
        self._closing[member] = None

    def check(self, now: float) -> None:
        """Close the connections whose time is over, at a moment of the loop's clock."""
        for members in (*self._all.phases, self._closing):
            for member in tuple(members):
                member.check(now)
        if self._refused and now - self._logged > _LOG_SECONDS:
            counts = ", ".join(f"{count} with {status}" for status, count in self._refused.items())
            _LOG.warning("connections were refused: %s", counts)
            self._refused.clear()
            self._logged = now


def _full(limit: int, which: str) -> str:
    return f"{limit} connections {which} are allowed, and they are in use: try again later"


@lru_cache(_MAX_KEPT)
def address_of(host: str) -> str:
    """Return whom an address stands for: of IPv6, the network of 64 bits that one caller has."""
    try:
        address = IPv6Address(host)
    except ValueError:
        return host
    mapped = address.ipv4_mapped
    return str(mapped or ip_network((address, 64), strict=False))


def max_files() -> int:
    """Return how many files this process may open."""
    if sys.platform == "win32":
        return _DEFAULT_FILES
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _DEFAULT_FILES if limit == resource.RLIM_INFINITY else limit
