"""A tiny HTTP proxy that knows CONNECT alone."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class TinyProxy:
    """Tunnels every connection to one address, and notes what it was asked for.

    Attributes:
        url: where it listens.
        asked: the head of each request.
    """

    url: str
    asked: list[str] = field(default_factory=list)


@contextlib.contextmanager
def running_proxy(target: str, answer: str = "200 Connection established") -> Iterator[TinyProxy]:
    """Run a proxy that tunnels to ``host:port``, or refuses with another answer than 200."""
    with socket.create_server(("127.0.0.1", 0)) as server, contextlib.ExitStack() as open_sockets:
        proxy = TinyProxy(f"http://127.0.0.1:{server.getsockname()[1]}")
        arguments = server, proxy, target, answer, open_sockets
        thread = threading.Thread(target=_serve, args=arguments, daemon=True)
        thread.start()
        yield proxy
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _serve(
    server: socket.socket,
    proxy: TinyProxy,
    target: str,
    answer: str,
    open_sockets: contextlib.ExitStack,
) -> None:
    with contextlib.suppress(OSError):
        while True:
            client = _owned(server.accept()[0], open_sockets)
            proxy.asked.append(_head(client))
            client.sendall(f"HTTP/1.1 {answer}\r\n\r\n".encode())
            if answer.startswith("200"):
                _tunnel(client, target, open_sockets)
            else:
                client.close()


def _owned(sock: socket.socket, open_sockets: contextlib.ExitStack) -> socket.socket:
    """Have a socket hung up at the end, which wakes the thread that reads from it."""

    def hang_up() -> None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    open_sockets.enter_context(sock)
    open_sockets.callback(hang_up)
    return sock


def _head(client: socket.socket) -> str:
    head = b""
    while b"\r\n\r\n" not in head:
        head += client.recv(65536)
    return head.decode()


def _tunnel(client: socket.socket, target: str, open_sockets: contextlib.ExitStack) -> None:
    host, _, port = target.rpartition(":")
    service = _owned(socket.create_connection((host, int(port))), open_sockets)
    for source, sink in ((client, service), (service, client)):
        threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
