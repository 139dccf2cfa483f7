"""The gateway's HTTP server: uvicorn, stopped in two steps."""

from __future__ import annotations

import asyncio
import gc
import logging.config
import math
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.middleware.access_log import LOGGING
from iflytek_spark.gateway.server.accept import Acceptor
from iflytek_spark.gateway.server.connections import ConnectionLimits, Connections
from iflytek_spark.gateway.server.protocol import HttpConnection
from iflytek_spark.gateway.settings import GatewaySettings, load_settings
from iflytek_spark.gateway.state import GatewayState

_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 65
"""Longer than the usual proxies keep a connection, so that they do not use one as it closes."""

_COLLECTION_THRESHOLD = 10_000
"""Objects made since the last collection before the next; a request makes some hundreds."""

_TICKS_PER_CHECK, _TICKS_PER_TURN = 5, 10

_CANCEL_SECONDS = 1
"""For what was cancelled to end."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What every process of a gateway is started with.

    Attributes:
        config: the configuration's file, or None.
        given: settings that win over it.
        loop: ``uvloop`` or ``asyncio``.
    """

    config: Path | None
    loop: str
    given: dict[str, Any] = field(default_factory=dict)

    def settings(self) -> GatewaySettings:
        """Read the settings.

        Raises:
            ConfigurationError: for a setting that cannot be used.
        """
        return load_settings(self.config, **self.given)

    def server(
        self, on_started: Callable[[], None], on_turn: Callable[[], None] | None = None
    ) -> GatewayServer:
        """Make the server of this process, which logs.

        Args:
            on_started: called when it answers.
            on_turn: called about once a second while its loop turns.
        """
        logging.config.dictConfig(LOGGING)
        app = create_app(self.settings())
        return GatewayServer(app, self.loop, on_started, on_turn, self.settings)


class GatewayServer(uvicorn.Server):
    """Stops taking requests at the first signal, and ends when those under way have.

    It goes on listening meanwhile, so that callers get a response.

    Attributes:
        status: the process's exit status.
    """

    server_state: Connections

    def __init__(
        self,
        app: FastAPI,
        loop: str,
        on_started: Callable[[], None],
        on_turn: Callable[[], None] | None = None,
        read: Callable[[], GatewaySettings] | None = None,
    ) -> None:
        """Set up.

        Args:
            app: a gateway.
            loop: ``uvloop`` or ``asyncio``.
            on_started: called when the server answers.
            on_turn: called about once a second while the loop turns.
            read: reads the settings anew.
        """
        super().__init__(_config(app, loop))
        state: GatewayState = app.state.gateway
        self.status = 0
        self.server_state = Connections(ConnectionLimits.of(state.settings, _KEEP_ALIVE_SECONDS))
        self._drain, self._reloading, self._read = state.drain, state.reloading, read
        self._shutdown_timeout = state.settings.shutdown_timeout
        self._on_started = on_started
        self._on_turn = on_turn
        self._deadline = math.inf

    def stop(self) -> bool:
        """Stop, when requests have finished or their time is over; at once if called again.

        Returns:
            Whether it is to end at once. May be called from any thread.
        """
        again = self._drain.stopping
        self._deadline = time.monotonic() + (0 if again else self._shutdown_timeout)
        self._drain.stopping = True
        return again

    def reload(self) -> None:
        """Read keys, names of models and accounts anew. May be called from any thread."""
        if self._read is not None:
            self._reloading.reload(self._read)

    def reload_at_hangup(self) -> None:
        """Reload at SIGHUP, where there is such a signal."""
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, lambda _number, _frame: self.reload())

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at a signal."""
        if self.stop():
            self.status = 128 + sig

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and report it."""
        await super().startup([])
        self._acceptor = Acceptor(sockets or [], self.server_state)
        self._acceptor.start(self._new_connection)
        _relax_garbage_collection()
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End."""
        await self._acceptor.stop()
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Look, ten times a second, whether it is time to end: for connections, and for all."""
        if counter % _TICKS_PER_CHECK == 0:
            self.server_state.check(asyncio.get_running_loop().time())
        if self._on_turn and counter % _TICKS_PER_TURN == 0:
            self._on_turn()
        if self._drain.stopping:
            over = time.monotonic() >= self._deadline
            if over:
                self._drain.cut()
            self.should_exit = over or self._drain.idle
        return await super().on_tick(counter)

    def _new_connection(self) -> HttpConnection:
        return HttpConnection(self.config, self.server_state, self.lifespan.state)


def _relax_garbage_collection() -> None:
    """Have garbage collection look neither at what was loaded nor at every few requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECTION_THRESHOLD)


def listen(host: str, port: int) -> socket.socket:
    """Open the port, 0 for a free one, as a socket that several processes may share.

    Raises:
        ConfigurationError: when it cannot be used.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {host}:{port}: {error.strerror or error}",
            hint="choose another address or port with --host and --port",
        ) from error


def address_of(listener: socket.socket) -> str:
    """Return where callers find a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _config(app: FastAPI, loop: str) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=HttpConnection,
        loop=loop,
        ws="none",
        backlog=_BACKLOG,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_CANCEL_SECONDS,
    )
