"""Keys in the database: made, listed, limited, revoked."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.gateway.operator.shapes import KeyLimits, KeyState
from iflytek_spark.gateway.store.errors import NoSuchKeyError
from iflytek_spark.gateway.store.periods import utc
from iflytek_spark.gateway.store.tables import NAME_LENGTH, keys

_ID_BYTES = 6


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as the database holds it; times are of UTC.

    Attributes:
        limits: what it may do.
    """

    id: str
    name: str
    hash: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    limits: KeyLimits

    def state(self, now: float) -> KeyState:
        """Return whether it is admitted at a moment."""
        if self.revoked is not None:
            return "revoked"
        over = self.expires is not None and self.expires <= utc(now)
        return "expired" if over else "active"


def add_key(
    connection: Connection, name: str, limits: KeyLimits, expires: float | None = None
) -> tuple[str, StoredKey]:
    """Make a key.

    Args:
        connection: in a transaction that writes.
        name: what usage and the log call it, with at most 64 characters.
        limits: what it may do.
        expires: when it ends, in seconds since 1970.

    Returns:
        The key, which is kept nowhere, and what is.

    Raises:
        ConfigurationError: for a name that cannot be used, or that another key in use has.
    """
    key, hashed = new_key()
    made = StoredKey(
        id=f"key_{secrets.token_hex(_ID_BYTES)}",
        name=_checked_name(name),
        hash=hashed,
        created=utc(time.time()),
        expires=None if expires is None else utc(expires),
        revoked=None,
        limits=limits,
    )
    values = {column: getattr(made, column) for column in _COLUMNS} | {**limits}
    try:
        connection.execute(insert(keys).values(values))
    except IntegrityError:
        raise ConfigurationError(
            f"there is a key {name!r} already", hint="revoke it first, or choose another name"
        ) from None
    return key, made


def list_keys(connection: Connection) -> list[StoredKey]:
    """Return all keys, the newest first."""
    rows = connection.execute(select(keys).order_by(keys.c.created.desc(), keys.c.id))
    return [_stored(row) for row in rows.mappings()]


def find_key(connection: Connection, wanted: str) -> StoredKey:
    """Find a key by its id, else by its name among those in use.

    Raises:
        NoSuchKeyError: when there is none.
    """
    rows = connection.execute(select(keys).where((keys.c.id == wanted) | (keys.c.name == wanted)))
    found = [_stored(row) for row in rows.mappings()]
    for key in sorted(found, key=lambda key: key.id != wanted):  # a name may be another's id
        if key.id == wanted or key.revoked is None:
            return key
    what = "is revoked" if found else "does not exist"
    raise NoSuchKeyError(f"the key {wanted[:NAME_LENGTH]!r} {what}", hint="keys list shows all")


def revoke_key(connection: Connection, wanted: str) -> StoredKey:
    """Revoke a key, for good; one that is revoked stays so since then.

    Raises:
        NoSuchKeyError: when there is none.
    """
    key = find_key(connection, wanted)
    if key.revoked is None:
        values = {"revoked": utc(time.time())}
        connection.execute(update(keys).where(keys.c.id == key.id).values(values))
    return find_key(connection, key.id)


def limit_key(connection: Connection, wanted: str, changes: Mapping[str, Any]) -> StoredKey:
    """Change the limits of a key, or when it expires; what is not named stays.

    Raises:
        NoSuchKeyError: when there is none.
    """
    key = find_key(connection, wanted)
    if changes:
        connection.execute(update(keys).where(keys.c.id == key.id).values(**changes))
    return find_key(connection, key.id)


_COLUMNS = ("id", "name", "hash", "created", "expires", "revoked")


def _stored(row: Mapping[Any, Any]) -> StoredKey:
    columns = {column: row[column] for column in _COLUMNS}
    limits = KeyLimits(
        models=row["models"],
        requests_per_minute=row["requests_per_minute"],
        concurrent_requests=row["concurrent_requests"],
        tokens_per_day=row["tokens_per_day"],
        tokens_per_month=row["tokens_per_month"],
    )
    return StoredKey(**columns, limits=limits)


def _checked_name(name: str) -> str:
    if not name.strip() or len(name) > NAME_LENGTH or not name.isprintable():
        raise ConfigurationError(
            f"a key's name has 1 to {NAME_LENGTH} printable characters, not {name[:NAME_LENGTH]!r}"
        )
    return name.strip()
