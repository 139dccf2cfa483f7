"""Serves an ASGI app in a thread, over real sockets."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

_PATIENCE = 10.0


@contextmanager
def serving(app: ASGIApp, loop: str = "auto") -> Iterator[str]:
    """Serve an app for as long as the block runs, in uvicorn's kind of loop.

    Yields:
        Its base URL, without a path. At the end no request may be under way, and no task left.
    """
    # With the protocol named, asyncio turns Nagle's algorithm off on what it accepts.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = _Server(app, loop)
        thread = threading.Thread(
            target=server.run, args=([listener],), name="gateway", daemon=True
        )
        thread.start()
        assert server.up.wait(_PATIENCE), "the gateway did not start"
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(_PATIENCE)
            late = thread.is_alive()
            server.force_exit = True
            thread.join(_PATIENCE)
        assert not late, "the test left requests running in the gateway"
        assert not server.left, f"the gateway left tasks: {server.left}"


class _Server(uvicorn.Server):
    """Tells when it is up, and which tasks it leaves."""

    def __init__(self, app: ASGIApp, loop: str) -> None:
        config = uvicorn.Config(
            app, loop=loop, ws="none", log_config=None, access_log=False, lifespan="on"
        )
        super().__init__(config)
        self.up = threading.Event()
        self.left: list[str] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await super().serve(sockets)
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        if rest:
            _, pending = await asyncio.wait(rest, timeout=1)
            self.left = [str(task) for task in pending]
