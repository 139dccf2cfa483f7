"""Usage in the database: a row for each request, and the sums of each day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from iflytek_spark.gateway.operator.shapes import By, Used
from iflytek_spark.gateway.store.periods import month_start
from iflytek_spark.gateway.store.tables import daily_usage, usage

Row: TypeAlias = dict[str, Any]
"""Of the table ``usage``, without its id."""

_GROUP = ("day", "key", "model", "account")
_SUMS = ("prompt_tokens", "completion_tokens", "total_tokens", "total_ms")
_COUNTS = ("requests", "errors", "estimated_tokens", *_SUMS)
_DELETED_AT_ONCE = 10_000
"""Rows of a transaction, so that others can write between two."""


def write_usage(connection: Connection, rows: Sequence[Row]) -> None:
    """Write rows, and add them to the sums of their days.

    In one order, since two processes that update the same sums in different orders would wait for
    each other.
    """
    connection.execute(insert(usage), rows)
    dialect = postgresql if connection.engine.name == "postgresql" else sqlite
    adding = dialect.insert(daily_usage)
    sums = {name: daily_usage.c[name] + adding.excluded[name] for name in _COUNTS}
    adding = adding.on_conflict_do_update(index_elements=_GROUP, set_=sums)
    connection.execute(adding, _summed(rows))


def report(connection: Connection, by: By, since: str, key: str | None = None) -> list[Used]:
    """Sum usage up, most tokens first, or days in their order.

    Args:
        connection: in a transaction.
        by: what a row of the report stands for.
        since: the first day.
        key: the name of the only key that counts, or None for all.
    """
    table = daily_usage.c
    name, total = table[by].label("name"), func.sum(table.total_tokens).label("total_tokens")
    wanted = select(name, *(func.sum(table[column]).label(column) for column in _COUNTS))
    wanted = wanted.where(table.day >= since).group_by(name)
    if key is not None:
        wanted = wanted.where(table.key == key)
    wanted = wanted.order_by(name) if by == "day" else wanted.order_by(total.desc(), name)
    return [_used(row) for row in connection.execute(wanted).mappings()]


def total_of(rows: Iterable[Used]) -> Used:
    """Return the sum of a report's rows."""
    total = _used({"name": "", "total_ms": 0, **dict.fromkeys(_COUNTS, 0)})
    for row in rows:
        total = Used(
            name="",
            requests=total["requests"] + row["requests"],
            errors=total["errors"] + row["errors"],
            prompt_tokens=total["prompt_tokens"] + row["prompt_tokens"],
            completion_tokens=total["completion_tokens"] + row["completion_tokens"],
            total_tokens=total["total_tokens"] + row["total_tokens"],
            estimated_tokens=total["estimated_tokens"] + row["estimated_tokens"],
            seconds=round(total["seconds"] + row["seconds"], 3),
        )
    return total


def tokens_used(
    connection: Connection, day: str, names: Sequence[str] | None = None
) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many tokens keys have used on a day, and in its month as far as there are rows.

    Args:
        connection: in a transaction.
        day: the day.
        names: of the keys that count, or None for all.
    """
    table = daily_usage.c
    month = select(table.key, table.day, func.sum(table.total_tokens).label("tokens"))
    month = month.where(table.day >= month_start(day)).group_by(table.key, table.day)
    if names is not None:
        month = month.where(table.key.in_(names))
    today: dict[str, int] = {}
    this_month: dict[str, int] = defaultdict(int)
    for name, when, tokens in connection.execute(month):
        this_month[name] += int(tokens)
        if when == day:
            today[name] = int(tokens)
    return today, dict(this_month)


def delete_before(connection: Connection, day: str) -> bool:
    """Delete some rows of earlier days; returns whether there may be more."""
    old = select(usage.c.id).where(usage.c.day < day).limit(_DELETED_AT_ONCE)
    deleted = connection.execute(delete(usage).where(usage.c.id.in_(old))).rowcount
    return deleted == _DELETED_AT_ONCE


def delete_sums_before(connection: Connection, day: str) -> None:
    """Delete the sums of earlier days."""
    connection.execute(delete(daily_usage).where(daily_usage.c.day < day))


def _summed(rows: Iterable[Row]) -> list[Row]:
    sums: dict[tuple[str, ...], dict[str, int]] = defaultdict(lambda: dict.fromkeys(_COUNTS, 0))
    for row in rows:
        one = sums[tuple(row[name] for name in _GROUP)]
        one["requests"] += 1
        one["errors"] += row["status"] >= 400
        one["estimated_tokens"] += row["total_tokens"] if row["estimated"] else 0
        for name in _SUMS:
            one[name] += row[name]
    return [{**dict(zip(_GROUP, group)), **sums[group]} for group in sorted(sums)]


def _used(row: Mapping[Any, Any]) -> Used:
    return Used(
        name=row["name"],
        requests=int(row["requests"]),
        errors=int(row["errors"]),
        prompt_tokens=int(row["prompt_tokens"]),
        completion_tokens=int(row["completion_tokens"]),
        total_tokens=int(row["total_tokens"]),
        estimated_tokens=int(row["estimated_tokens"]),
        seconds=int(row["total_ms"]) / 1000,
    )
