"""Holds turns in a store that others share: its word that it lives, and its notes, in a thread."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol

from iflytek_spark.errors import RateStoreError
from iflytek_spark.rates.limits import Limit

LAPSE_SECONDS = 6.0
"""How long a turn outlives its holder."""
_LOG = logging.getLogger("iflytek_spark")
_ASKING = ThreadPoolExecutor(4, thread_name_prefix="spark-rates")
"""Four: a store answers in less than a millisecond, or is not there."""


class Book(Protocol):
    """What a shared store writes down. Each call may block for a while."""

    def take(self, place: str, ticket: str, limit: Limit, lapse: float) -> float:
        """Take a turn; see :meth:`~iflytek_spark.rates.stores.RateStore.take`."""

    def sent(self, place: str, ticket: str, age: float, took: float) -> None:
        """Note that a request was sent so many seconds ago, and so many after its turn."""

    def release(self, place: str, ticket: str) -> None:
        """Note that a request has ended."""

    def renew(self, place: str, ticket: str, limit: Limit, lapse: float) -> None:
        """Take the word of a holder that lives."""


class _Held(NamedTuple):
    """A turn that is held here: where, with which limit, and since which moment."""

    place: str
    limit: Limit
    since: float


class SharedStore:
    """A :class:`~iflytek_spark.rates.stores.RateStore` over a book that others write in too.

    A thread of its own writes the notes, in their order, and renews what is held; it ends when
    nothing is, or when the store is forgotten. A holder that dies gives no more word, and its turns
    lapse.
    """

    def __init__(self, book: Book, lapse: float = LAPSE_SECONDS) -> None:
        """Set up over a book, for turns that last so many seconds without word."""
        self._book = book
        self._lapse = lapse
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}
        self._notes: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._writer: threading.Thread | None = None
        self._lost = False

    def take(self, place: str, ticket: str, limit: Limit) -> float:
        """Take a turn, or raise a RateStoreError; see ``RateStore.take``."""
        wait = self._book.take(place, ticket, limit, self._lapse)
        if not wait:
            with self._lock:
                self._held[ticket] = _Held(place, limit, time.monotonic())
                self._start()
        return wait

    async def atake(self, place: str, ticket: str, limit: Limit) -> float:
        """Take a turn in a thread; whoever is cancelled meanwhile gives it back."""
        asked = _ASKING.submit(self.take, place, ticket, limit)
        try:
            return await asyncio.wrap_future(asked)
        except asyncio.CancelledError:
            asked.add_done_callback(lambda _: self.release(place, ticket))
            raise

    def sent(self, place: str, ticket: str) -> None:
        """Note that a request has been sent."""
        now = time.monotonic()
        with self._lock:
            held = self._held.get(ticket)
        took = now - held.since if held else 0.0
        self._note(lambda: self._book.sent(place, ticket, time.monotonic() - now, took))

    def release(self, place: str, ticket: str) -> None:
        """Note that a request has ended."""
        with self._lock:
            held = self._held.pop(ticket, None)
        if held:
            self._note(partial(self._book.release, place, ticket))

    def _note(self, note: Callable[[], None]) -> None:
        with self._lock:
            self._notes.put(partial(self._carefully, note))
            self._start()

    def _start(self) -> None:
        """Have a thread that writes; a process that was forked off has none."""
        if self._writer is None or not self._writer.is_alive():
            known = (weakref.ref(self), self._notes, self._lapse / 3)
            self._writer = threading.Thread(
                target=_write, args=known, name="spark-rates", daemon=True
            )
            self._writer.start()

    def renew(self) -> bool:
        """Give word for what is held, and return whether this thread goes on."""
        with self._lock:
            held = dict(self._held)
            if not held and self._notes.empty():
                self._writer = None
                return False
        for ticket, (place, limit, _) in held.items():
            self._carefully(partial(self._book.renew, place, ticket, limit, self._lapse))
        return True

    def _carefully(self, note: Callable[[], None]) -> None:
        """Write a note; what is lost lapses by itself, and is told once until one is written."""
        try:
            note()
        except RateStoreError as error:
            if not self._lost:
                _LOG.warning("turns of a rate are not noted, and lapse by themselves: %s", error)
            self._lost = True
        else:
            self._lost = False


def _write(
    known: weakref.ref[SharedStore], notes: SimpleQueue[Callable[[], None]], seconds: float
) -> None:
    """Write notes, and every so many seconds give word for what is held."""
    due = time.monotonic() + seconds
    while True:
        with suppress(Empty):
            notes.get(timeout=max(due - time.monotonic(), 0))()
        if time.monotonic() < due:
            continue
        due = time.monotonic() + seconds
        store = known()
        if store is None or not store.renew():
            return
        del store  # whoever waits for notes holds nobody
