"""A server that answers every request with the bytes it is given, cut as it is told."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from typing import Any

EVENTS = "text/event-stream"
JSON = "application/json"


def head(status: int = 200, kind: str = EVENTS, **more: Any) -> bytes:
    fields = {"Content-Type": kind, **{name.replace("_", "-"): text for name, text in more.items()}}
    lines = "".join(f"{name}: {text}\r\n" for name, text in fields.items())
    return f"HTTP/1.1 {status} Any\r\n{lines}\r\n".encode()


def chunked(*parts: bytes, end: bool = True) -> bytes:
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return body + (b"0\r\n\r\n" if end else b"")


def events(*payloads: Any, prefix: bytes = b"data: ", end: bool = True, **more: Any) -> bytes:
    """A whole response of events; a payload is JSON, or bytes as they are."""
    parts = [prefix + written(payload) + b"\n\n" for payload in payloads]
    return head(Transfer_Encoding="chunked", **more) + chunked(*parts, end=end)


def stream(body: bytes, end: bool = True) -> bytes:
    """A response with this body."""
    return head(Transfer_Encoding="chunked") + chunked(body, end=end)


def whole(body: Any, status: int = 200, kind: str = JSON) -> bytes:
    """A response with this body, whose length is told."""
    data = written(body)
    return head(status, kind, Content_Length=str(len(data))) + data


def written(payload: Any) -> bytes:
    return (
        payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
    )


class RawServer:
    """Serves connections until it is closed."""

    def __init__(self) -> None:
        self.answers: Sequence[bytes] = (b"",)
        self.requests: list[dict[str, Any]] = []
        self.connections = 0
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # a close alone wakes no thread that accepts
        self._listener.close()

    def wait_until_left(self, timeout: float = 5) -> bool:
        """Whether every connection so far is closed by its client, after a while."""
        for thread in self._threads:
            thread.join(timeout)
        return not any(thread.is_alive() for thread in self._threads)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError), sock.makefile("rb") as source:
            while self._request(source):
                for part in self.answers:
                    sock.sendall(part)
                if not self.answers[-1].endswith(b"0\r\n\r\n"):
                    return

    def _request(self, source: Any) -> bool:
        length = 0
        while (line := source.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        body = source.read(length)
        if body:
            self.requests.append(json.loads(body))
        return bool(body)


@contextlib.contextmanager
def raw_server() -> Iterator[RawServer]:
    server = RawServer()
    try:
        yield server
    finally:
        server.close()
