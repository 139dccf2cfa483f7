"""The store of a process: which key may ask, and what was used, without waiting for a database."""

from __future__ import annotations

import time
from collections.abc import Callable

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.middleware.auth import Caller, key_refused
from iflytek_spark.gateway.middleware.request_log_record import RequestLogRecord
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.gateway.operator.administration import Administration
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.gateway.store.background import Background
from iflytek_spark.gateway.store.database import Database
from iflytek_spark.gateway.store.migrate import migrate
from iflytek_spark.gateway.store.periods import (
    day_of,
    iso,
    month_start,
    seconds_to_next_day,
    seconds_to_next_month,
)
from iflytek_spark.gateway.store.usage_log import UsageLog


class Store:
    """What a request needs of the keys, and what notes its usage; nothing here waits.

    A key that is made, changed or revoked counts in every process within five seconds. Budgets
    count what is in the database and what this process has not written: with several processes, a
    key may use what the others answer within about three seconds beyond its budget, and what is
    under way everywhere, since a response is not cut.

    Attributes:
        administration: what an operator reads and changes, which waits for the database.
    """

    def __init__(self, settings: GatewaySettings, on_drop: Callable[[], object]) -> None:
        """Open the database of a configuration, and bring its tables to this version.

        Args:
            settings: with a ``store_url``.
            on_drop: called for each row of usage that is lost.

        Raises:
            ConfigurationError: when it cannot be used, or belongs to a newer program.
        """
        self._database = open_database(settings)
        self._log = UsageLog(on_drop)
        self._background = Background(self._database, self._log, settings.usage_days)
        self.administration = Administration(self._database, settings)

    def start(self) -> None:
        """Begin to read and write in a thread; the first key that is looked up does so too."""
        self._background.start()

    def close(self) -> None:
        """Write what is left, and close the database; this may wait."""
        self._log.close()
        self._background.close()
        self._database.close()

    def find(self, hashed: str) -> Caller | None:
        """Find a key by its hash.

        Raises:
            GatewayError: for one that was revoked, or has expired.
        """
        self._background.start()
        key = self._background.snapshot.keys.get(hashed)
        if key is None:
            return None
        state = key.stored.state(time.time())
        if state == "revoked":
            raise key_refused("this key was revoked: ask the gateway's operator for another")
        if state == "expired":
            when = iso(key.stored.expires)
            raise key_refused(f"this key expired at {when}: ask the gateway's operator for another")
        return key.caller

    def check_budget(self, caller: Caller) -> None:
        """Check that a caller has tokens left.

        Raises:
            GatewayError: when its budget of the day or the month is used up.
        """
        if caller.tokens_per_day is None and caller.tokens_per_month is None:
            return
        now, snapshot = time.time(), self._background.snapshot
        day, name = day_of(now), caller.name
        today = this_month = self._log.unwritten(name, snapshot.written)
        if snapshot.day == day:
            today += snapshot.today.get(name, 0)
        if month_start(snapshot.day) == month_start(day):
            this_month += snapshot.month.get(name, 0)
        if caller.tokens_per_month is not None and this_month >= caller.tokens_per_month:
            raise _used_up(caller.tokens_per_month, "month", seconds_to_next_month(now))
        if caller.tokens_per_day is not None and today >= caller.tokens_per_day:
            raise _used_up(caller.tokens_per_day, "day", seconds_to_next_day(now))

    def add(self, route: str, record: RequestLogRecord, ended: float) -> None:
        """Note the usage of a request that has ended, at a moment of its record's clock."""
        self._log.add(route, record, ended)


def open_database(settings: GatewaySettings) -> Database:
    """Open the database of a configuration, and bring its tables to this version.

    Raises:
        ConfigurationError: when there is none, it cannot be used, or belongs to a newer program.
    """
    if settings.store_url is None:
        raise ValueError("there is no store_url")
    database = Database(settings.store_url)
    try:
        migrate(database)
    except ConfigurationError:
        database.close()
        raise
    return database


def _used_up(budget: int, period: str, seconds: int) -> GatewayError:
    return GatewayError(
        ErrorRow.BUDGET_USED_UP,
        f"the {budget} tokens that this key may use in a {period} are used up: try again in"
        f" {seconds} s, or ask the gateway's operator for more",
        headers={"retry-after": str(seconds), "x-should-retry": "false"},
    )
