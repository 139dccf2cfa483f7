"""The sums of each day, which reports and budgets read in place of a million rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"

_SUMS = (
    "requests",
    "errors",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "estimated_tokens",
    "total_ms",
)


def upgrade() -> None:
    """Make the table, and sum up what is there."""
    op.create_table(
        "spark_gateway_daily_usage",
        sa.Column("day", sa.String(10), primary_key=True),
        *(
            sa.Column(name, sa.String(128), primary_key=True)
            for name in ("key", "model", "account")
        ),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _SUMS),
    )
    op.create_index("spark_gateway_daily_usage_key", "spark_gateway_daily_usage", ["key", "day"])
    op.execute(
        "INSERT INTO spark_gateway_daily_usage SELECT day, key, model, account, count(*),"
        " sum(CASE WHEN status >= 400 THEN 1 ELSE 0 END), sum(prompt_tokens),"
        " sum(completion_tokens), sum(total_tokens),"
        " sum(CASE WHEN estimated THEN total_tokens ELSE 0 END), sum(total_ms)"
        " FROM spark_gateway_usage GROUP BY day, key, model, account"
    )
