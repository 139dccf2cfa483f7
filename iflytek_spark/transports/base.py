"""What a client asks of a transport. One transport serves one call."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Route:
    """How to reach the service.

    Attributes:
        proxy: an address like ``http://user:password@proxy:3128`` or ``socks5h://proxy:1080``;
            None asks the usual environment variables, an empty string means no proxy.
        ssl_context: your own CA or client certificate; None means the system's CAs.
    """

    proxy: str | None = None
    ssl_context: ssl.SSLContext | None = None


class Transport(Protocol):
    """A WebSocket that blocks the calling thread.

    Every method may raise TimeoutError and
    :class:`~iflytek_spark.protocol.steps.TransportError`; ``close`` raises nothing.
    """

    def connect(self, url: str, timeout: float) -> None:
        """Open a WebSocket to a signed URL, in place of the one that is open, if any."""

    def send(self, data: str, timeout: float) -> None:
        """Send one text frame."""

    def receive(self, timeout: float) -> bytes | str | None:
        """Return the next frame's payload, or None when the peer has closed."""

    def sleep(self, seconds: float) -> None:
        """Wait between two tries."""

    def close(self) -> None:
        """Close the socket at once, without waiting for the peer."""


class AsyncTransport(Protocol):
    """A WebSocket that belongs to the running event loop; otherwise as :class:`Transport`."""

    async def connect(self, url: str, timeout: float) -> None:
        """Open a WebSocket to a signed URL, in place of the one that is open, if any."""

    async def send(self, data: str, timeout: float) -> None:
        """Send one text frame."""

    async def receive(self, timeout: float) -> bytes | str | None:
        """Return the next frame's payload, or None when the peer has closed."""

    async def sleep(self, seconds: float) -> None:
        """Wait between two tries."""

    def close(self) -> None:
        """Close the socket at once, without waiting for the peer or the loop."""
