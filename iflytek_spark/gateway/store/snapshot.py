"""What a process knows of the keys between two looks into the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from iflytek_spark.gateway.middleware.auth import Caller
from iflytek_spark.gateway.store.keys import StoredKey, list_keys
from iflytek_spark.gateway.store.usage import tokens_used


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key as a request needs it.

    Attributes:
        stored: as the database holds it.
        caller: who sends it.
    """

    stored: StoredKey
    caller: Caller


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The database at one moment.

    Attributes:
        day: the day that it was looked at.
        stored: all keys as they were read.
        keys: by their hashes.
        today: tokens of this day, of keys with a budget, by their names.
        month: tokens of this month, of keys with a budget.
        written: for each key, the tokens that this process had written then.
    """

    day: str = ""
    stored: list[StoredKey] = field(default_factory=list)
    keys: Mapping[str, KnownKey] = field(default_factory=dict)
    today: Mapping[str, int] = field(default_factory=dict)
    month: Mapping[str, int] = field(default_factory=dict)
    written: Mapping[str, int] = field(default_factory=dict)


def read_snapshot(
    connection: Connection, day: str, written: Mapping[str, int], before: Snapshot
) -> Snapshot:
    """Look into the database.

    Args:
        connection: in a transaction.
        day: today.
        written: for each key, the tokens that this process has written.
        before: the last snapshot, of which the keys are kept when none has changed.
    """
    stored, keys = list_keys(connection), before.keys
    if stored != before.stored:
        keys = {key.hash: KnownKey(key, _caller(key)) for key in stored}
    names = [key.name for key in stored if key.revoked is None and _has_budget(key)]
    today, month = tokens_used(connection, day, names) if names else ({}, {})
    return Snapshot(day, stored, keys, today, month, dict(written))


def _has_budget(key: StoredKey) -> bool:
    limits = key.limits
    return limits["tokens_per_day"] is not None or limits["tokens_per_month"] is not None


def _caller(key: StoredKey) -> Caller:
    limits = key.limits
    return Caller(
        name=key.name,
        models=None if limits["models"] is None else frozenset(limits["models"]),
        requests_per_minute=limits["requests_per_minute"],
        concurrent_requests=limits["concurrent_requests"],
        tokens_per_day=limits["tokens_per_day"],
        tokens_per_month=limits["tokens_per_month"],
    )
