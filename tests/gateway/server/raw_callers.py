"""Callers that write bytes of their own: heads that do not end, answers that are not read."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 10.0


class Answer:
    """What a caller read until its connection was closed.

    Attributes:
        status: of the first response, 0 for none.
        body: the rest, without the head.
    """

    def __init__(self, raw: bytes) -> None:
        self.head, _, self.body = raw.partition(b"\r\n\r\n")
        self.status = int(raw[9:12] or 0)

    @property
    def error(self) -> Any:
        return json.loads(self.body)["error"]


@contextlib.contextmanager
def connected(url: str, source: str = "127.0.0.1", buffer: int = 0) -> Iterator[socket.socket]:
    """A connection to a gateway from an address of this machine."""
    address = urlsplit(url)
    with socket.socket() as caller:
        if buffer:
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        caller.settimeout(PATIENCE)
        caller.bind((source, 0))
        caller.connect((address.hostname, address.port))
        yield caller


def read_all(caller: socket.socket) -> Answer:
    """Read until the gateway hangs up; fails when it does not."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := caller.recv(65536):
            parts.append(part)
    return Answer(b"".join(parts))


def send_until_closed(caller: socket.socket, data: bytes, most: int) -> int:
    """Send the same again and again until the gateway hangs up, and return how much went out."""
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < most:
            caller.sendall(data)
            sent += len(data)
    return sent


def question(text: str = "你好", **fields: Any) -> bytes:
    """A whole request."""
    messages = [{"role": "user", "content": text}]
    body = json.dumps({"model": "4.0Ultra", "messages": messages, **fields}).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
    head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body
