"""What a client asks of a transport. One transport serves one call at a time."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from urllib.request import getproxies

from iflytek_spark.credentials import Credentials
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.protocol.steps import Clock, Opening
from iflytek_spark.protocol.wire.signing import sign_url
from iflytek_spark.transports.preconnect.budget import MAX_PRECONNECTED


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """How to reach the service.

    Attributes:
        proxy: an address like ``http://user:password@proxy:3128`` or ``socks5h://proxy:1080``;
            None asks the usual environment variables, an empty string means no proxy.
        ssl_context: your own CA or client certificate; None means the system's CAs.
        on_open: is called each time a WebSocket has been opened.
        on_answer: is called with each body that answers what was posted.
    """

    proxy: str | None = field(default=None, repr=False)  # it may hold a password
    ssl_context: ssl.SSLContext | None = None
    on_open: Callable[[], object] | None = None
    on_answer: Callable[[bytes], object] | None = None

    def proxies(self) -> tuple[str, ...]:
        """Return the addresses of proxies that a call may go through, with their passwords."""
        return tuple(getproxies().values()) if self.proxy is None else (self.proxy,)


@dataclass(frozen=True, slots=True)
class PreconnectSettings:
    """What to open ahead of calls.

    Attributes:
        size: connections to each address in use.
        credentials: who signs.
        route: how to reach the service.
        clock: gives the moment of a signature.
        timeout: seconds until a connection must be open.
    """

    size: int
    credentials: Credentials
    route: ConnectionOptions
    clock: Clock
    timeout: float

    def __post_init__(self) -> None:
        """Refuse a size that is not a whole number."""
        if isinstance(self.size, bool) or not isinstance(self.size, int) or self.size < 0:
            raise ConfigurationError(f"preconnect is {self.size!r}, not 0 or more")
        if self.size > MAX_PRECONNECTED:
            raise ConfigurationError(
                f"preconnect is {self.size}, and a process opens {MAX_PRECONNECTED} ahead at most"
            )

    def opening(self, address: str) -> Opening:
        """Say how to connect to an address now."""
        return Opening(sign_url(address, self.credentials, self.clock.wall()))


_T_co = TypeVar("_T_co", covariant=True)


class Pool(Protocol[_T_co]):
    """Makes the transports of one client, and hands them connections that are open already."""

    def __call__(self, route: ConnectionOptions) -> _T_co:
        """Make the transport of one call."""

    def close(self) -> None:
        """Close what was opened ahead, and open no more; transports connect by themselves."""


class Transport(Protocol):
    """A connection that blocks the calling thread.

    Every method may raise TimeoutError and
    :class:`~iflytek_spark.protocol.steps.TransportError`; ``close`` raises nothing.
    """

    def connect(self, opening: Opening, timeout: float) -> None:
        """Open a connection, in place of the one that is open, if any."""

    def send(self, data: str | bytes, timeout: float) -> None:
        """Send the request."""

    def receive(self, timeout: float) -> bytes | str | None:
        """Return the next message's payload, or None when the peer has closed."""

    def sleep(self, seconds: float) -> None:
        """Wait between two tries."""

    def close(self) -> None:
        """End the call at once, without waiting for the peer."""


class AsyncTransport(Protocol):
    """A connection that belongs to the running event loop; otherwise as :class:`Transport`."""

    async def connect(self, opening: Opening, timeout: float) -> None:
        """Open a connection, in place of the one that is open, if any."""

    async def send(self, data: str | bytes, timeout: float) -> None:
        """Send the request."""

    async def receive(self, timeout: float) -> bytes | str | None:
        """Return the next message's payload, or None when the peer has closed."""

    async def sleep(self, seconds: float) -> None:
        """Wait between two tries."""

    def close(self) -> None:
        """End the call at once, without waiting for the peer or the loop."""


AnyTransport = TypeVar("AnyTransport", Transport, AsyncTransport)
"""One of the two worlds."""
