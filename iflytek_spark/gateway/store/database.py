"""A database of either kind: how it is connected to, and its transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr
from sqlalchemy import URL, Connection, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.store.errors import StoreUnavailableError

_TIMEOUT = 10
"""Seconds to connect to PostgreSQL, and to wait for another's write to SQLite."""

_POSTGRESQL: dict[str, Any] = {
    "connect_args": {
        "connect_timeout": _TIMEOUT,
        "tcp_user_timeout": _TIMEOUT * 1000,
        "application_name": "iflytek-spark-gateway",
    },
    "pool_pre_ping": True,
    "pool_size": 2,
    "pool_timeout": _TIMEOUT,
}
_WRITES = "writes"


class Database:
    """Where keys and usage are kept.

    Attributes:
        shown: its address, without a password.
    """

    def __init__(self, url: SecretStr) -> None:
        """Set up; it is connected to when it is used.

        Raises:
            ConfigurationError: for an address that cannot be read.
        """
        try:
            parsed = make_url(url.get_secret_value())
        except ArgumentError:  # whose message may hold the password
            raise ConfigurationError("store_url is no URL of a database") from None
        self.shown = _shown(parsed)
        self._sqlite = parsed.get_backend_name() == "sqlite"
        options = {"connect_args": {"timeout": _TIMEOUT}} if self._sqlite else _POSTGRESQL
        self._engine = create_engine(parsed, **options)
        if self._sqlite:
            event.listen(self._engine, "connect", _set_up_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        self._writing = self._engine.execution_options(**{_WRITES: True})

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Run a transaction that only reads."""
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Run a transaction; in SQLite no other writes meanwhile."""
        with self._writing.begin() as connection:
            yield connection

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """Raise what goes wrong with the database as an error that a user can read.

        Raises:
            StoreUnavailableError: in place of the database's own.
        """
        try:
            yield
        except SQLAlchemyError as error:
            why = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            raise StoreUnavailableError(
                f"the store {self.shown} cannot be used: {why}", hint="check store_url"
            ) from error

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _shown(url: URL) -> str:
    return f"sqlite:///{url.database}" if url.host is None else f"{url.host}/{url.database}"


def _set_up_sqlite(connection: Any, _record: object) -> None:
    """Leave transactions to us; a reader does not wait for a writer, nor the other way round."""
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
