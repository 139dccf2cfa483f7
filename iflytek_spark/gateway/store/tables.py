"""The tables. A change of them is a further file in ``migrations/versions``; a test compares both.

Times are of UTC; a day is a date on the clock of the gateway's machine, like ``2026-11-28``.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
)

PREFIX = "spark_gateway_"
"""Of every name, since others may use the same database."""

NAME_LENGTH = 64
TEXT_LENGTH = 128
"""Characters of a column of text; what is longer is cut."""

metadata = MetaData()

keys = Table(
    f"{PREFIX}keys",
    metadata,
    Column("id", String(NAME_LENGTH), primary_key=True),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("hash", String(NAME_LENGTH + 7), nullable=False, unique=True),
    Column("created", DateTime, nullable=False),
    Column("expires", DateTime),
    Column("revoked", DateTime),
    Column("models", JSON(none_as_null=True)),
    Column("requests_per_minute", BigInteger),
    Column("concurrent_requests", BigInteger),
    Column("tokens_per_day", BigInteger),
    Column("tokens_per_month", BigInteger),
)
_in_use = keys.c.revoked.is_(None)
Index(
    f"{PREFIX}keys_name",
    keys.c.name,
    unique=True,
    sqlite_where=_in_use,
    postgresql_where=_in_use,
)

usage = Table(
    f"{PREFIX}usage",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("time", DateTime, nullable=False),
    Column("day", String(10), nullable=False, index=True),
    Column("request_id", String(TEXT_LENGTH), nullable=False),
    Column("key", String(TEXT_LENGTH), nullable=False),
    Column("model", String(TEXT_LENGTH), nullable=False),
    Column("account", String(TEXT_LENGTH), nullable=False),
    Column("wire", String(TEXT_LENGTH), nullable=False),
    Column("route", String(TEXT_LENGTH), nullable=False),
    Column("streamed", Boolean, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("total_tokens", BigInteger, nullable=False),
    Column("estimated", Boolean, nullable=False),
    Column("first_token_ms", BigInteger),
    Column("total_ms", BigInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("sid", String(TEXT_LENGTH), nullable=False),
    Column("error", String(TEXT_LENGTH), nullable=False),
    Column("spark_code", BigInteger),
)

daily_usage = Table(
    f"{PREFIX}daily_usage",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("key", String(TEXT_LENGTH), primary_key=True),
    Column("model", String(TEXT_LENGTH), primary_key=True),
    Column("account", String(TEXT_LENGTH), primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("total_tokens", BigInteger, nullable=False),
    Column("estimated_tokens", BigInteger, nullable=False),
    Column("total_ms", BigInteger, nullable=False),
)
"""The sums of ``usage``, written with it in one transaction: reports and budgets read these."""
Index(f"{PREFIX}daily_usage_key", daily_usage.c.key, daily_usage.c.day)
