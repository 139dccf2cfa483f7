"""A small internet on this machine: names, and public addresses behind which local sites answer."""

from __future__ import annotations

import socket
from typing import Any

import pytest

PUBLIC = "8.8.8.8"
NAMES = {
    "site.test": [PUBLIC],
    "private.test": ["10.0.0.1"],
    "mixed.test": [PUBLIC, "10.0.0.1"],
    "metadata.test": ["169.254.169.254"],
}
ADDRESSES = {PUBLIC, "10.0.0.1", "169.254.169.254"}


class Internet:
    """What the product sees of it; nothing in the product is replaced.

    Attributes:
        contacted: the addresses to which a connection was tried, those of this machine left out.
        port: where the site behind the public address listens on this machine.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.contacted: list[str] = []
        self.port = 0
        self._look_up = socket.getaddrinfo
        self._connect = socket.socket.connect
        patch.setattr(socket, "getaddrinfo", self._found)

        def connect(sock: socket.socket, address: Any) -> Any:
            return self._reach(sock, address)

        patch.setattr(socket.socket, "connect", connect)

    def _found(self, host: Any, port: Any, *more: Any, **options: Any) -> Any:
        addresses = NAMES.get(host, [host] if host in ADDRESSES else [])
        if not addresses:
            return self._look_up(host, port, *more, **options)
        kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*kind, (address, port)) for address in addresses]

    def _reach(self, sock: socket.socket, address: Any) -> Any:
        if address[0] == PUBLIC:
            self.contacted.append(address[0])
            address = ("127.0.0.1", self.port)
        return self._connect(sock, address)
