"""A web server on this machine that answers whatever a test wants, byte by byte."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator

Answer = Callable[[str], Iterable[bytes]]
"""Makes, from the path that was asked for, the pieces of the whole answer."""


class Site(socketserver.ThreadingTCPServer):
    """What a test sees of the server.

    Attributes:
        requests: the heads of the requests that it read.
    """

    def __init__(self, answer: Answer, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Visit)
        self.answer = answer
        self.context = context
        self.requests: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def paths(self) -> list[str]:
        return [request.split(" ")[1] for request in self.requests]


class _Visit(socketserver.BaseRequestHandler):
    server: Site
    request: socket.socket

    def handle(self) -> None:
        context = self.server.context
        with contextlib.suppress(OSError):
            if context is None:
                self.serve(self.request)
            else:
                with context.wrap_socket(self.request, server_side=True) as sock:
                    self.serve(sock)

    def serve(self, sock: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = sock.recv(65536)
            if not piece:
                return
            head += piece
        self.server.requests.append(head.decode())
        for piece in self.server.answer(self.server.paths[-1]):
            sock.sendall(piece)


@contextlib.contextmanager
def running_site(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Serve until the block ends, and wait for the last visitor."""
    with Site(answer, context) as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()


def plain(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """Return a whole answer with its length."""
    lines = {"Content-Length": str(len(body))} | headers
    fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{fields}\r\n".encode() + body
