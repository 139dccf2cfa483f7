"""The gateway's server in a thread, stopped as a signal would stop it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from fastapi import FastAPI

from iflytek_spark.gateway.server.server import GatewayServer

_PATIENCE = 10.0


class Stoppable:
    """A server that runs.

    Attributes:
        url: where it answers.
    """

    def __init__(self, app: FastAPI, listener: socket.socket, loop: str) -> None:
        started = threading.Event()
        self._server = GatewayServer(app, loop, on_started=started.set)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        assert started.wait(_PATIENCE)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    def stop(self) -> None:
        """Do what a signal does."""
        self._server.stop()

    def wait(self) -> None:
        """Wait until it has ended by itself."""
        self._thread.join(_PATIENCE)
        assert not self._thread.is_alive(), "the gateway did not end"


@contextlib.contextmanager
def running_until_stopped(app: FastAPI, loop: str = "uvloop") -> Iterator[Stoppable]:
    """Serve an app; at the end it must have been stopped."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Stoppable(app, listener, loop)
        yield server
        server.wait()
