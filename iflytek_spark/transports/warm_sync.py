"""Blocking connections opened ahead, by one daemon thread that ends when nothing is left to do."""

from __future__ import annotations

import contextlib
import queue
import threading
import weakref

from iflytek_spark.protocol.steps import ConnectionFailedError, Opening
from iflytek_spark.protocol.warm import WarmBook
from iflytek_spark.transports.base import Ahead, Route
from iflytek_spark.transports.sync import SyncTransport
from iflytek_spark.transports.warm import (
    FAILURES,
    TICK,
    Trust,
    forget_after_fork,
)

THREAD_NAME = "spark-preconnect"


class WarmPool:
    """The connections of one SparkClient; see :class:`~iflytek_spark.transports.base.Pool`.

    They are closed when the pool is garbage-collected. A copy, and a pickle, begins empty.
    """

    def __init__(self, ahead: Ahead) -> None:
        """Open nothing yet: the first call shows which address is in use."""
        self._ahead = ahead
        self._keeper = _Keeper(ahead)
        weakref.finalize(self, self._keeper.close)
        forget_after_fork(self._keeper)

    def __reduce__(self) -> tuple[type[WarmPool], tuple[Ahead]]:
        return WarmPool, (self._ahead,)

    def __call__(self, route: Route) -> WarmTransport:
        """Make the transport of one call."""
        return WarmTransport(self._keeper, route)

    def close(self) -> None:
        """Close what was opened ahead, and open no more."""
        self._keeper.close()


class WarmTransport:
    """Takes a connection that is open, or opens one; a Transport."""

    def __init__(self, keeper: _Keeper, route: Route) -> None:
        """Prepare without connecting."""
        self._trust = Trust(keeper)
        self._transport = SyncTransport(route)

    def connect(self, opening: Opening, timeout: float) -> None:
        """Take a connection to the URL's address, or open one."""
        self.close()
        warm = self._trust.take(opening.url)
        if warm is None:
            self._transport.connect(opening, timeout)
        else:
            self._transport = warm
        self._trust.called()

    def send(self, data: str | bytes, timeout: float) -> None:
        """Send one text frame."""
        try:
            self._transport.send(data, timeout)
        except ConnectionFailedError as error:
            self._trust.broken(error)
            raise

    def receive(self, timeout: float) -> bytes | str | None:
        """Return the next frame's payload, or None when the peer has closed."""
        try:
            payload = self._transport.receive(timeout)
        except ConnectionFailedError as error:
            self._trust.broken(error)
            raise
        if payload is None:
            self._trust.broken(None)
        self._trust.heard()
        return payload

    def sleep(self, seconds: float) -> None:
        """Wait between two tries."""
        self._transport.sleep(seconds)

    def close(self) -> None:
        """Close the socket at once, without waiting for the peer."""
        self._transport.close()


class _Keeper:
    """Keeps the connections, and the thread that opens and drops them."""

    def __init__(self, ahead: Ahead) -> None:
        self._ahead = ahead
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        self._book: WarmBook[SyncTransport] = WarmBook(self._ahead.size)
        self._lock = threading.Lock()
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def take(self, address: str) -> SyncTransport | None:
        """Hand out a connection that is open still, and close those that are not."""
        while True:
            with self._lock:
                dropped = self._book.expired(self._ahead.clock.wall())
                warm = self._book.take(address)
            _close(dropped)
            if warm is None or warm.alive():
                return warm
            warm.close()

    def called(self, address: str) -> None:
        """Note a call, and see to it that the thread replaces what it took."""
        with self._lock:
            if self._closed:
                return
            self._book.called(address, self._ahead.clock.wall())
            if self._thread is None:
                self._start()
        self._wake.put(None)

    def lost(self, address: str) -> None:
        """Close all connections to an address, one of which was found dead."""
        with self._lock:
            dropped = self._book.lost(address)
        _close(dropped)

    def close(self) -> None:
        """Have the thread close everything and end.

        Garbage collection may call this anywhere, in a thread that holds the lock too, so it
        takes none; the put of a SimpleQueue is made for that.
        """
        self._closed = True
        self._wake.put(None)

    def forget(self) -> None:
        """Let go, after a fork, of the parent's connections; its thread and lock are not here."""
        inherited = self._book.drain()
        self._begin()
        for transport in inherited:
            transport.abandon()

    def _start(self) -> None:
        thread = threading.Thread(target=self._keep, name=THREAD_NAME, daemon=True)
        with contextlib.suppress(RuntimeError):  # no thread is to be had: calls open their own
            thread.start()
            self._thread = thread

    def _keep(self) -> None:
        while True:
            with self._lock:
                now = self._ahead.clock.wall()
                dropped = self._book.drain() if self._closed else self._book.expired(now)
                missing = [] if self._closed else self._book.start(now)
                done = not missing and not self._book.ready
                if done:
                    self._thread = None
            _close(dropped)
            if done:
                return
            for address in missing:
                self._open(address)
            with contextlib.suppress(queue.Empty):
                self._wake.get(timeout=TICK)

    def _open(self, address: str) -> None:
        transport, signed = SyncTransport(self._ahead.route), self._ahead.clock.wall()
        opened = False
        with contextlib.suppress(*FAILURES):  # the next call meets the same, and tells
            if not self._closed:
                transport.connect(self._ahead.opening(address), self._ahead.timeout)
                opened = transport.alive()
        if not opened:
            transport.close()
        with self._lock:
            if opened:
                self._book.opened(address, transport, signed)
            else:
                self._book.failed(address)


def _close(transports: list[SyncTransport]) -> None:
    for transport in transports:
        transport.close()
