"""What several tests of the core share."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.embeddings.embedding_helpers import CALLERS, Caller
from tests.unit.images.fetch_helpers import Contacts


@pytest.fixture
def contacted(monkeypatch: pytest.MonkeyPatch) -> Contacts:
    """Every address to which a connection is tried."""
    contacts: Contacts = []
    connect: Callable[[socket.socket, Any], None] = socket.socket.connect

    def recorded(sock: socket.socket, address: Any) -> None:
        contacts.append(address[:2])
        connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect", recorded)
    return contacts


@pytest.fixture(params=CALLERS)
def caller(request: pytest.FixtureRequest) -> Caller:
    """A thread, and then an event loop."""
    return CALLERS[request.param]
