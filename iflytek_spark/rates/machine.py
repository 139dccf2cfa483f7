"""Turns that the processes of one machine share, in a file of SQLite."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from iflytek_spark.errors import RateStoreError
from iflytek_spark.rates.holder import LAPSE_SECONDS, SharedStore
from iflytek_spark.rates.ledger import Ledger
from iflytek_spark.rates.limits import Limit

if TYPE_CHECKING:
    from sqlite3 import Connection

_BUSY_SECONDS = 5.0
_PREPARE = """
PRAGMA synchronous = OFF;
PRAGMA journal_mode = PERSIST;
CREATE TABLE IF NOT EXISTS ledgers (place TEXT PRIMARY KEY, ledger TEXT NOT NULL);
"""
"""What survives a crash of a process is enough: after one of the machine no turn is held."""
_SELECT = "SELECT ledger FROM ledgers WHERE place = ?"
_REPLACE = "REPLACE INTO ledgers VALUES (?, ?)"


class MachineStore(SharedStore):
    """Counts in a file, for the processes of one machine that name the same."""

    def __init__(self, file: Path | str, *, lapse: float = LAPSE_SECONDS) -> None:
        """Set up; the file is made with the first turn.

        Args:
            file: where, on a disk of this machine. It holds no key, and may be deleted when
                nobody uses it.
            lapse: seconds after which the turns of a process that died are free again.
        """
        self._settings = file, lapse
        super().__init__(_File(str(file)), lapse)

    def __reduce__(self) -> tuple[Callable[..., MachineStore], tuple[object, ...]]:
        return _reopened, self._settings


def _reopened(file: Path | str, lapse: float) -> MachineStore:
    return MachineStore(file, lapse=lapse)


class _File:
    """The ledgers of all places, a row each; every change is a transaction that locks the file.

    The clock is the machine's, which all of its processes read alike.
    """

    def __init__(self, file: str) -> None:
        import sqlite3  # loads a library of its own

        self._file = file
        self._sqlite = sqlite3

    def take(self, place: str, ticket: str, limit: Limit, lapse: float) -> float:
        with self._ledger(place) as (ledger, now):
            return ledger.take(now, ticket, limit, lapse)

    def sent(self, place: str, ticket: str, age: float, took: float) -> None:
        with self._ledger(place) as (ledger, now):
            ledger.sent(now - age, ticket, took)

    def release(self, place: str, ticket: str) -> None:
        with self._ledger(place) as (ledger, now):
            ledger.release(now, ticket)

    def renew(self, place: str, ticket: str, limit: Limit, lapse: float) -> None:
        with self._ledger(place) as (ledger, now):
            ledger.renew(now, ticket, lapse)

    @contextmanager
    def _ledger(self, place: str) -> Iterator[tuple[Ledger, float]]:
        """Give a ledger, which nobody else changes meanwhile, and write it back."""
        try:
            with self._locked() as file:
                row = file.execute(_SELECT, (place,)).fetchone()
                ledger = Ledger(**json.loads(row[0])) if row else Ledger()
                yield ledger, time.monotonic()
                file.execute(_REPLACE, (place, json.dumps(asdict(ledger))))
        except (self._sqlite.Error, ValueError, TypeError) as error:
            raise RateStoreError(
                f"the rate cannot be counted in {self._file}: {error}",
                hint="check that its folder can be written to; the file may be deleted",
            ) from error

    @contextmanager
    def _locked(self) -> Iterator[Connection]:
        """Open the file for one change. It stays open no longer: threads and forks may come."""
        opened = self._sqlite.connect(self._file, timeout=_BUSY_SECONDS, isolation_level=None)
        with closing(opened) as file:
            file.executescript(_PREPARE)
            file.execute("BEGIN IMMEDIATE")
            yield file
            file.execute("COMMIT")
