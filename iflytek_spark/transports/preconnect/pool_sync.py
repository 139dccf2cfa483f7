"""Blocking connections opened ahead, by one daemon thread that ends when nothing is left to do."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import weakref

from iflytek_spark.protocol.steps import ConnectionFailedError, Opening
from iflytek_spark.transports.base import ConnectionOptions, PreconnectSettings
from iflytek_spark.transports.preconnect.base import (
    CHECK_INTERVAL,
    OPENING_FAILURES,
    PING_AFTER,
    PING_TIMEOUT,
    PooledConnection,
    Taken,
    reset_after_fork,
)
from iflytek_spark.transports.preconnect.idle import IdleConnections
from iflytek_spark.transports.ws_sync import WebSocketTransport

THREAD_NAME = "spark-preconnect"


class PreconnectPool:
    """The connections of one SparkClient; see :class:`~iflytek_spark.transports.base.Pool`.

    They are closed when the pool is garbage-collected. A copy, and a pickle, begins empty.
    """

    def __init__(self, settings: PreconnectSettings) -> None:
        """Open nothing yet: the first call shows which address is in use."""
        self._settings = settings
        self._pool = _ThreadedPool(settings)
        weakref.finalize(self, self._pool.close)
        reset_after_fork(self._pool)

    def __reduce__(self) -> tuple[type[PreconnectPool], tuple[PreconnectSettings]]:
        return PreconnectPool, (self._settings,)

    def __call__(self, route: ConnectionOptions) -> PreconnectedTransport:
        """Make the transport of one call."""
        return PreconnectedTransport(self._pool, route)

    def close(self) -> None:
        """Close what was opened ahead, and open no more."""
        self._pool.close()


class PreconnectedTransport:
    """Takes a connection that is open, or opens one; a Transport."""

    def __init__(self, pool: _ThreadedPool, route: ConnectionOptions) -> None:
        """Prepare without connecting."""
        self._pool = pool
        self._pooled = PooledConnection(pool)
        self._transport = WebSocketTransport(route)

    def connect(self, opening: Opening, timeout: float) -> None:
        """Take a connection to the URL's address, or open one."""
        self.close()
        deadline = time.monotonic() + timeout
        address = self._pooled.wanted(opening.url)
        taken = self._pooled.took(None if address is None else self._pool.take(address, timeout))
        if taken is None:
            self._transport.connect(opening, deadline - time.monotonic())
        else:
            self._transport = taken
        self._pooled.note_use()

    def send(self, data: str | bytes, timeout: float) -> None:
        """Send one text frame."""
        try:
            self._transport.send(data, timeout)
        except (ConnectionFailedError, TimeoutError) as error:
            self._pooled.note_failure(error)
            raise

    def receive(self, timeout: float) -> bytes | str | None:
        """Return the next frame's payload, or None when the peer has closed."""
        try:
            payload = self._transport.receive(timeout)
        except (ConnectionFailedError, TimeoutError) as error:
            self._pooled.note_failure(error)
            raise
        if payload is None:
            self._pooled.note_failure(None)
        self._pooled.confirm()
        return payload

    def sleep(self, seconds: float) -> None:
        """Wait between two tries."""
        self._transport.sleep(seconds)

    def close(self) -> None:
        """Close the socket at once, without waiting for the peer."""
        self._transport.close()


class _ThreadedPool:
    """Keeps the connections, and the thread that opens and drops them."""

    def __init__(self, settings: PreconnectSettings) -> None:
        self._settings = settings
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        self._idle: IdleConnections[WebSocketTransport] = IdleConnections(self._settings.size)
        self._lock = threading.Lock()
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def take(self, address: str, timeout: float) -> Taken[WebSocketTransport] | None:
        """Hand out a connection that is open still, and close those that are not.

        One that does not answer a ping is not the only one: then all are closed.
        """
        while True:
            with self._lock:
                now = self._settings.clock.wall()
                dropped = self._idle.expired(now)
                silent = self._idle.age(address, now) >= PING_AFTER
                taken = self._idle.take(address)
            _close(dropped)
            if taken is None:
                return None
            alive = taken.alive()
            if alive and (not silent or taken.answers(min(PING_TIMEOUT, timeout))):
                return Taken(taken, silent)
            taken.close()
            if alive:
                self.discard(address)

    def note_use(self, address: str) -> None:
        """Note a call, and see to it that the thread replaces what it took."""
        with self._lock:
            if self._closed:
                return
            self._idle.note_use(address, self._settings.clock.wall())
            if self._thread is None:
                self._start()
        self._wake.put(None)

    def discard(self, address: str) -> None:
        """Close all connections to an address, one of which was found dead."""
        with self._lock:
            dropped = self._idle.discard(address)
        _close(dropped)

    def close(self) -> None:
        """Have the thread close everything and end.

        Garbage collection may call this anywhere, in a thread that holds the lock too, so it
        takes none; the put of a SimpleQueue is made for that.
        """
        self._closed = True
        self._wake.put(None)

    def reset(self) -> None:
        """Let go, after a fork, of the parent's connections; its thread and lock are not here."""
        inherited = self._idle.drain()
        self._begin()
        for transport in inherited:
            transport.detach()

    def _start(self) -> None:
        thread = threading.Thread(target=self._keep, name=THREAD_NAME, daemon=True)
        with contextlib.suppress(RuntimeError):  # no thread is to be had: calls open their own
            thread.start()
            self._thread = thread

    def _keep(self) -> None:
        ended = False
        try:
            self._work()
            ended = True
        finally:
            if not ended:  # the user's on_open has failed: the next call begins anew
                with self._lock:
                    self._thread = None
                    dropped = self._idle.drain()
                _close(dropped)

    def _work(self) -> None:
        while True:
            with self._lock:
                now = self._settings.clock.wall()
                dropped = self._idle.drain() if self._closed else self._idle.expired(now)
                missing = [] if self._closed else self._idle.start(now)
                done = not missing and not self._idle.ready
                if done:
                    self._thread = None
            _close(dropped)
            if done:
                return
            for address in missing:
                self._open(address)
            with contextlib.suppress(queue.Empty):
                self._wake.get(timeout=CHECK_INTERVAL)

    def _open(self, address: str) -> None:
        transport, signed = WebSocketTransport(self._settings.route), self._settings.clock.wall()
        opened = False
        try:
            with contextlib.suppress(*OPENING_FAILURES):  # the next call meets the same, and tells
                if not self._closed:
                    transport.connect(self._settings.opening(address), self._settings.timeout)
                    opened = transport.alive()
        finally:
            if not opened:
                transport.close()
            with self._lock:
                if opened:
                    self._idle.opened(address, transport, signed)
                else:
                    self._idle.failed(address)


def _close(transports: list[WebSocketTransport]) -> None:
    for transport in transports:
        transport.close()
