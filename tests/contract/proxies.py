"""Tiny proxies: one of HTTP that knows CONNECT alone, and one of SOCKS5."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO


@dataclass
class TinyProxy:
    """Tunnels every connection to one address, and notes what it was asked for.

    Attributes:
        url: where it listens.
        asked: the head of each request; of SOCKS5, the login and where to.
    """

    url: str
    asked: list[str] = field(default_factory=list)


Greet = Callable[[socket.socket], tuple[str, bool]]
"""Speaks to a client: what it asked for, and whether it is let through."""


def running_proxy(
    target: str, answer: str = "200 Connection established"
) -> contextlib.AbstractContextManager[TinyProxy]:
    """Run a proxy that tunnels to ``host:port``, or refuses with another answer than 200."""

    def greet(client: socket.socket) -> tuple[str, bool]:
        asked = _head(client)
        client.sendall(f"HTTP/1.1 {answer}\r\n\r\n".encode())
        return asked, answer.startswith("200")

    return _running("http", target, greet)


def running_socks(
    target: str, login: str = "", *, refuses: bool = False
) -> contextlib.AbstractContextManager[TinyProxy]:
    """Run a proxy of SOCKS5 that asks for a login ``user:password``, if there is one."""

    def greet(client: socket.socket) -> tuple[str, bool]:
        source = client.makefile("rb")
        source.read(source.read(2)[1])
        client.sendall(b"\x05\x02" if login else b"\x05\x00")
        given = _socks_login(client, source) if login else ""
        if given != login:
            return given, False
        asked = f"{given} {_socks_target(source)}"
        client.sendall((b"\x05\x02" if refuses else b"\x05\x00") + b"\x00\x01" + bytes(6))
        return asked, not refuses

    return _running("socks5h", target, greet)


def _socks_login(client: socket.socket, source: BinaryIO) -> str:
    source.read(1)
    given = b":".join(source.read(source.read(1)[0]) for _ in range(2)).decode()
    client.sendall(b"\x01\x00")
    return given


def _socks_target(source: BinaryIO) -> str:
    kind = source.read(4)[3]
    if kind == 3:
        host = source.read(source.read(1)[0]).decode()
    else:
        host = str(ipaddress.ip_address(source.read(4 if kind == 1 else 16)))
    return f"{host}:{int.from_bytes(source.read(2), 'big')}"


@contextlib.contextmanager
def _running(scheme: str, target: str, greet: Greet) -> Iterator[TinyProxy]:
    with socket.create_server(("127.0.0.1", 0)) as server, contextlib.ExitStack() as open_sockets:
        proxy = TinyProxy(f"{scheme}://127.0.0.1:{server.getsockname()[1]}")
        arguments = server, proxy, target, greet, open_sockets
        thread = threading.Thread(target=_serve, args=arguments, daemon=True)
        thread.start()
        yield proxy
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _serve(
    server: socket.socket,
    proxy: TinyProxy,
    target: str,
    greet: Greet,
    open_sockets: contextlib.ExitStack,
) -> None:
    with contextlib.suppress(OSError):
        while True:
            client = _owned(server.accept()[0], open_sockets)
            asked, let_through = greet(client)
            proxy.asked.append(asked)
            if let_through:
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
