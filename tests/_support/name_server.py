"""A name server of the test's own: which addresses a name has, or that there is no answer."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest


class NameServer:
    """What this machine's resolver answers for names that end in ``.test``."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.addresses = ["127.0.0.1"]
        self.answering = threading.Event()
        self.answering.set()
        self.asked = 0
        self._real = socket.getaddrinfo
        patch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, host: Any, port: Any, *more: Any, **options: Any) -> Any:
        if not str(host).endswith(".test"):
            return self._real(host, port, *more, **options)
        self.asked += 1
        self.answering.wait(20)
        if not self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        kind = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, ""
        return [(*kind, (address, port)) for address in self.addresses]
