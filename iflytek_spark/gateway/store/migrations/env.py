"""What Alembic runs: the migrations, over the connection that it is given."""

from __future__ import annotations

from alembic import context

from iflytek_spark.gateway.store.migrate import VERSION_TABLE
from iflytek_spark.gateway.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
