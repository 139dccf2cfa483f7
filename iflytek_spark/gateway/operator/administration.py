"""What an operator asks of the store, on the command line and over HTTP alike."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.openai.model_names import ModelNames
from iflytek_spark.gateway.operator.shapes import (
    By,
    KeyInfo,
    KeyLimits,
    KeyList,
    MadeKey,
    NewKey,
    UsageReport,
)
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.gateway.store.database import Database
from iflytek_spark.gateway.store.keys import (
    StoredKey,
    add_key,
    limit_key,
    list_keys,
    revoke_key,
)
from iflytek_spark.gateway.store.periods import day_of, expiry_of, first_day, iso
from iflytek_spark.gateway.store.usage import report, tokens_used, total_of

_UNLIMITED = KeyLimits(
    models=None,
    requests_per_minute=None,
    concurrent_requests=None,
    tokens_per_day=None,
    tokens_per_month=None,
)


class Administration:
    """Keys and usage as an operator sees them; each call waits for the database."""

    def __init__(self, database: Database, settings: GatewaySettings) -> None:
        """Set up.

        Args:
            database: with the tables of this version.
            settings: the gateway's, with its own keys and names of models.
        """
        self._database = database
        self._settings = settings

    def replace(self, settings: GatewaySettings) -> None:
        """Take settings that were read anew."""
        self._settings = settings

    def keys(self) -> KeyList:
        """Return all keys."""
        now = time.time()
        with self._database.in_words(), self._database.read() as connection:
            stored = list_keys(connection)
            today, month = tokens_used(connection, day_of(now))
        own = [_configured(name) for name in self._settings.keys]
        data = [*(_info(key, now) for key in stored), *own]
        for key in data:
            key["tokens_today"] = today.get(key["name"], 0)
            key["tokens_this_month"] = month.get(key["name"], 0)
        return {"object": "list", "data": data}

    def add(self, wanted: NewKey) -> MadeKey:
        """Make a key.

        Raises:
            ConfigurationError: for a name that is taken, a model that is unknown, or a time that
                is over.
        """
        if wanted.name.strip() in self._settings.keys:
            raise ConfigurationError(
                f"there is a key {wanted.name!r} in the configuration", hint="choose another name"
            )
        now = time.time()
        expires = None if wanted.expires is None else expiry_of(wanted.expires, now)
        limits = KeyLimits(
            models=None if wanted.models is None else self.models(wanted.models),
            requests_per_minute=wanted.requests_per_minute,
            concurrent_requests=wanted.concurrent_requests,
            tokens_per_day=wanted.tokens_per_day,
            tokens_per_month=wanted.tokens_per_month,
        )
        with self._database.in_words(), self._database.write() as connection:
            key, made = add_key(connection, wanted.name, limits, expires)
        return MadeKey(**_info(made, now), key=key)

    def revoke(self, wanted: str) -> KeyInfo:
        """Revoke a key, by its id or its name.

        Raises:
            NoSuchKeyError: when there is none.
        """
        with self._database.in_words(), self._database.write() as connection:
            return _info(revoke_key(connection, wanted), time.time())

    def limit(self, wanted: str, changes: Mapping[str, Any]) -> KeyInfo:
        """Change columns of a key; see :func:`~.keys.limit_key`."""
        with self._database.in_words(), self._database.write() as connection:
            return _info(limit_key(connection, wanted, changes), time.time())

    def usage(self, by: By, since: str, key: str | None = None) -> UsageReport:
        """Sum usage up.

        Args:
            by: what a row stands for.
            since: ``7d``, or a date.
            key: the name of the only key that counts, or None.

        Raises:
            ConfigurationError: for a time that cannot be read.
        """
        now = time.time()
        first = first_day(since, now)
        with self._database.in_words(), self._database.read() as connection:
            rows = report(connection, by, first, key)
        return {
            "object": "usage",
            "by": by,
            "since": first,
            "until": day_of(now),
            "rows": rows,
            "total": total_of(rows),
        }

    def models(self, names: list[str]) -> list[str]:
        """Return the catalogue's names of models.

        Raises:
            UnknownModelError: for an unknown name.
        """
        known = ModelNames(self._settings.models)
        return sorted({known.catalogue_name(name) for name in names})


def _info(key: StoredKey, now: float) -> KeyInfo:
    return KeyInfo(
        **key.limits,
        id=key.id,
        name=key.name,
        source="store",
        state=key.state(now),
        created=iso(key.created),
        expires=iso(key.expires),
        revoked=iso(key.revoked),
        tokens_today=0,
        tokens_this_month=0,
    )


def _configured(name: str) -> KeyInfo:
    return KeyInfo(
        **_UNLIMITED,
        id="",
        name=name,
        source="configuration",
        state="active",
        created=None,
        expires=None,
        revoked=None,
        tokens_today=0,
        tokens_this_month=0,
    )
