"""What an operator does with a store, and what its callers see after a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import select

from iflytek_spark.gateway.operator.administration import Administration
from iflytek_spark.gateway.operator.shapes import MadeKey, NewKey, Used
from iflytek_spark.gateway.settings import load_settings
from iflytek_spark.gateway.store.database import Database
from iflytek_spark.gateway.store.store import open_database
from iflytek_spark.gateway.store.tables import usage

SEEN_WITHIN = 5.0
"""Seconds in which a change of a key is seen by every worker."""

_WRITTEN_WITHIN = 20.0
"""Seconds in which usage is written, on a machine that does much else."""

_T = TypeVar("_T")


class Operator:
    """Administers a store, beside the gateways that use it."""

    def __init__(self, database: Database, administration: Administration) -> None:
        self.database = database
        self.administration = administration

    def add(self, name: str, **limits: Any) -> str:
        """Make a key, and return it."""
        return self.made(name, **limits)["key"]

    def made(self, name: str, **limits: Any) -> MadeKey:
        return self.administration.add(NewKey(name=name, **limits))

    def used(self, by: Any = "key", since: str = "1d") -> dict[str, Used]:
        return {row["name"]: row for row in self.administration.usage(by, since)["rows"]}

    def rows(self) -> list[dict[str, Any]]:
        """Every row of usage, in the order in which they were written."""
        with self.database.read() as connection:
            found = connection.execute(select(usage).order_by(usage.c.id))
            return [dict(row) for row in found.mappings()]

    def rows_after(self, count: int) -> list[dict[str, Any]]:
        """Every row of usage, when there are so many."""

        def enough() -> list[dict[str, Any]] | None:
            rows = self.rows()
            return rows if len(rows) >= count else None

        rows = until(enough, _WRITTEN_WITHIN)
        assert len(rows) == count
        return rows


@contextmanager
def operating(store_url: str, **settings: Any) -> Iterator[Operator]:
    """Open a store as the commands do."""
    loaded = load_settings(store_url=store_url, **settings)
    database = open_database(loaded)
    try:
        yield Operator(database, Administration(database, loaded))
    finally:
        database.close()


def until(look: Callable[[], _T | None], seconds: float = SEEN_WITHIN) -> _T:
    """Look again and again for something, which must be there in time."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < deadline, "it did not come"
    return found
