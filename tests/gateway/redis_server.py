"""A stand-in for Redis that listens on a real socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fakeredis import TcpFakeServer


@contextmanager
def running_redis(port: int = 0) -> Iterator[str]:
    """Run it, empty; yields its URL."""
    with TcpFakeServer(("127.0.0.1", port)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"redis://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
