"""Brings a database to the tables of this version, once, however many processes begin at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.store.database import Database
from iflytek_spark.gateway.store.tables import PREFIX

VERSION_TABLE = f"{PREFIX}version"
_LOCK = 7_165_830_111
"""Any number that no other program takes a lock of PostgreSQL's by."""


def migrate(database: Database) -> str:
    """Make or change the tables; a database that is as it should be is left alone.

    Args:
        database: SQLite or PostgreSQL.

    Returns:
        The version that it has now.

    Raises:
        ConfigurationError: when it cannot be used, or belongs to a newer program.
    """
    config = migrations()
    with database.in_words(), database.write() as connection:
        if connection.engine.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        version = _known_version(connection, ScriptDirectory.from_config(config))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return version


def migrations() -> Config:
    """Return what Alembic needs to know."""
    config = Config()
    folder = Path(__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _known_version(connection: Connection, scripts: ScriptDirectory) -> str:
    """Return the newest version, and refuse a database that has one that this program lacks."""
    known = {script.revision for script in scripts.walk_revisions()}
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    version = context.get_current_revision()
    if version is not None and version not in known:
        raise ConfigurationError(
            f"the store has version {version!r}, which this program does not know: a newer one has"
            " changed it",
            hint="install that version of iflytek-spark, or give another store_url",
        )
    return scripts.get_current_head() or ""
