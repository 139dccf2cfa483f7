"""A network between a client and the emulator that forgets connections, or puts words in."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class Relay:
    """Passes bytes on in both directions.

    Attributes:
        url: where it listens.
    """

    def __init__(self, server: socket.socket, target: str) -> None:
        self.url = f"ws://127.0.0.1:{server.getsockname()[1]}"
        self._server = server
        self._host, _, self._port = target.removeprefix("ws://").rpartition(":")
        self._clients: list[socket.socket] = []
        self._services: list[socket.socket] = []
        self._forgotten: set[socket.socket] = set()

    def forget(self) -> None:
        """Drop without a word what comes over the connections of now, as a firewall does."""
        self._forgotten |= {*self._clients, *self._services}

    def say(self, data: bytes) -> None:
        """Send bytes to the client over all connections of now, as if the service had."""
        for client in self._clients:
            with contextlib.suppress(OSError):
                client.sendall(data)

    def serve(self) -> None:
        """Serve until the server's socket is shut down."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                service = socket.create_connection((self._host, int(self._port)))
                self._clients.append(client)
                self._services.append(service)
                for pair in ((client, service), (service, client)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def close(self) -> None:
        """Hang up everywhere."""
        for sock in [self._server, *self._clients, *self._services]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if source not in self._forgotten:
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def running_relay(target: str) -> Iterator[Relay]:
    """Run a relay to a WebSocket's address."""
    relay = Relay(socket.create_server(("127.0.0.1", 0)), target)
    thread = threading.Thread(target=relay.serve)
    thread.start()
    try:
        yield relay
    finally:
        relay.close()
        thread.join()
