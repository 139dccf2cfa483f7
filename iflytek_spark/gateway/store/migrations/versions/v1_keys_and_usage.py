"""Keys, and a row for each request."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

_IN_USE = sa.text("revoked IS NULL")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "spark_gateway_keys",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(71), nullable=False, unique=True),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("expires", sa.DateTime),
        sa.Column("revoked", sa.DateTime),
        sa.Column("models", sa.JSON),
        sa.Column("requests_per_minute", sa.BigInteger),
        sa.Column("concurrent_requests", sa.BigInteger),
        sa.Column("tokens_per_day", sa.BigInteger),
        sa.Column("tokens_per_month", sa.BigInteger),
    )
    op.create_index(
        "spark_gateway_keys_name",
        "spark_gateway_keys",
        ["name"],
        unique=True,
        sqlite_where=_IN_USE,
        postgresql_where=_IN_USE,
    )
    op.create_table(
        "spark_gateway_usage",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("time", sa.DateTime, nullable=False),
        sa.Column("day", sa.String(10), nullable=False, index=True),
        *(
            sa.Column(name, sa.String(128), nullable=False)
            for name in ("request_id", "key", "model", "account", "wire", "route")
        ),
        sa.Column("streamed", sa.Boolean, nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger, nullable=False),
        sa.Column("completion_tokens", sa.BigInteger, nullable=False),
        sa.Column("total_tokens", sa.BigInteger, nullable=False),
        sa.Column("estimated", sa.Boolean, nullable=False),
        sa.Column("first_token_ms", sa.BigInteger),
        sa.Column("total_ms", sa.BigInteger, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("sid", sa.String(128), nullable=False),
        sa.Column("error", sa.String(128), nullable=False),
        sa.Column("spark_code", sa.BigInteger),
    )
