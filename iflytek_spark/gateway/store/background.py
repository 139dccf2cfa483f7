"""The one thread of a process that talks to the database while requests are served."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from iflytek_spark.gateway.store.database import Database
from iflytek_spark.gateway.store.periods import day_of, days_before, month_start
from iflytek_spark.gateway.store.snapshot import Snapshot, read_snapshot
from iflytek_spark.gateway.store.usage import (
    Row,
    delete_before,
    delete_sums_before,
    write_usage,
)
from iflytek_spark.gateway.store.usage_log import UsageLog

_LOG = logging.getLogger("iflytek_spark.gateway")

WRITE_SECONDS = 0.5
"""Between two writes of usage: this, and a write, is what a process that is killed loses."""

READ_SECONDS = 2.0
"""Between two looks at the keys."""

_DELETE_SECONDS = 3600.0
_BATCH = 2_000
_CLOSE_SECONDS = 15.0
"""For the last rows, when the database does not answer."""


class Background:
    """Writes usage, reads keys and deletes what is old.

    Attributes:
        snapshot: the keys as they were last read.
    """

    def __init__(self, database: Database, log: UsageLog, usage_days: int) -> None:
        """Set up, with the keys as they are now.

        Args:
            database: with the tables of this version.
            log: the rows to be written.
            usage_days: how long they are kept.

        Raises:
            ConfigurationError: when the database cannot be read.
        """
        self._database = database
        self._log = log
        self._usage_days = usage_days
        self._batch: list[Row] = []
        self._written: dict[str, int] = defaultdict(int)
        self._reached = True
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._next_read = self._next_delete = time.monotonic()
        self.snapshot = Snapshot()
        with database.in_words():
            self._read()

    def start(self) -> None:
        """Start, unless it runs: keys that are revoked must not be admitted for ever."""
        if self._stopping.is_set():
            return
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="gateway-store", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Write what is left, and end."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._stopping.wait(WRITE_SECONDS):
            self._reporting(self._turn)
        self._reporting(self._write)

    def _turn(self) -> None:
        self._write()
        now = time.monotonic()
        if now >= self._next_read:
            self._next_read = now + READ_SECONDS
            self._read()
        if now >= self._next_delete:
            self._next_delete = now + (0 if self._delete() else _DELETE_SECONDS)

    def _reporting(self, work: Callable[[], None]) -> None:
        """Do something, and log when the database stops answering, and when it does again."""
        try:
            work()
        except SQLAlchemyError as error:
            if self._reached:
                why = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
                _LOG.error("the store cannot be reached, usage waits and keys stay: %s", why)
            self._reached = False
        else:
            if not self._reached:
                _LOG.warning("the store is reached again; %d rows were lost", self._log.dropped)
            self._reached = True

    def _write(self) -> None:
        """Write what waits; what fails is tried again, unless no database will ever take it."""
        while self._batch or (batch := self._log.take(_BATCH)):
            self._batch = self._batch or batch
            if not self._written_whole(self._batch):
                lost = sum(not self._written_whole([row]) for row in self._batch)
                _LOG.error("%d rows of usage are lost: no database can keep them", lost)
                self._log.drop(lost)
            for row in self._batch:
                self._written[row["key"]] += row["total_tokens"]
            self._batch = []

    def _written_whole(self, rows: list[Row]) -> bool:
        """Write rows, all or none; return whether the database can keep them."""
        try:
            with self._database.write() as connection:
                write_usage(connection, rows)
        except (DataError, IntegrityError, OverflowError):  # which SQLite's driver raises bare
            return False
        return True

    def _read(self) -> None:
        with self._database.read() as connection:
            self.snapshot = read_snapshot(
                connection, day_of(time.time()), self._written, self.snapshot
            )

    def _delete(self) -> bool:
        """Delete some of what is old, between two writes; returns whether there may be more.

        The sums of this month stay, since budgets need them.
        """
        today = day_of(time.time())
        first = days_before(today, self._usage_days)
        with self._database.write() as connection:
            delete_sums_before(connection, min(first, month_start(today)))
            return delete_before(connection, first)
