"""A real Redis, where the program is installed."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

PROGRAM = shutil.which("redis-server")
needs_redis = pytest.mark.skipif(PROGRAM is None, reason="there is no redis-server here")

_PATIENCE = 10.0


@contextmanager
def redis_program(port: int = 0) -> Iterator[str]:
    """Run it without a file, empty; yields its URL."""
    assert PROGRAM
    port = port or _free_port()
    command = [PROGRAM, "--port", str(port), "--save", "", "--appendonly", "no", "--bind"]
    with subprocess.Popen([*command, "127.0.0.1"], stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield f"redis://127.0.0.1:{port}"
        finally:
            process.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(port: int) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as client:
            client.sendall(b"PING\r\n")
            if client.recv(16).startswith(b"+PONG"):
                return
    raise TimeoutError("Redis did not start")
