"""Which ids have been met, of any number of rows: on disk, so that memory stays flat."""

from __future__ import annotations

import sqlite3

_TEMPORARY = ""
"""A database of its own in a temporary file, which the system removes."""


class SeenIds:
    """Remembers ids with the rows that they came in."""

    def __init__(self) -> None:
        """Start with none."""
        # Handed from thread to thread, and used by one at a time.
        self._database = sqlite3.connect(_TEMPORARY, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, row INT) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def add(self, custom_id: str, row: int) -> int:
        """Remember an id, and return the row that had it before, or 0."""
        added = self._database.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?)", (custom_id, row)
        ).rowcount
        if added:
            return 0
        found = self._database.execute("SELECT row FROM seen WHERE id = ?", (custom_id,))
        return int(found.fetchone()[0])

    def close(self) -> None:
        """Forget them."""
        self._database.close()
