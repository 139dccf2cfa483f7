"""Brings a database to the tables of this version, once, however many processes begin at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.store.database import Database
from iflytek_spark.gateway.store.tables import PREFIX

VERSION_TABLE = f"{PREFIX}version"
_LOCK = 7_165_830_111
"""Any number that no other program takes a lock of PostgreSQL's by."""


def migrate(database: Database, version: str = "head") -> str:
    """Make or change the tables; a database that is as it should be is left alone.

    Args:
        database: SQLite or PostgreSQL.
        version: where to stop; the newest by default.

    Returns:
        The version that it has now.

    Raises:
        ConfigurationError: when it cannot be used, or belongs to a newer program.
    """
    scripts = ScriptDirectory(str(Path(__file__).parent / "migrations"))

    def steps(current: Any, _context: MigrationContext) -> list[Any]:
        """Return what lies between a version and the wanted one, the oldest first."""
        missing = scripts.iterate_revisions(version, current or "base")
        up = MigrationStep.upgrade_from_script
        return [up(scripts.revision_map, script) for script in reversed([*missing])]

    with database.in_words(), database.write() as connection:
        if connection.engine.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        options = {"version_table": VERSION_TABLE, "fn": steps}
        context = MigrationContext.configure(connection, opts=options)
        _refuse_newer(context, scripts)
        with Operations.context(context):
            context.run_migrations()
        return context.get_current_revision() or ""


def _refuse_newer(context: MigrationContext, scripts: ScriptDirectory) -> None:
    version = context.get_current_revision()
    if version is not None and version not in {one.revision for one in scripts.walk_revisions()}:
        raise ConfigurationError(
            f"the store has version {version!r}, which this program does not know: a newer one has"
            " changed it",
            hint="install that version of iflytek-spark, or give another store_url",
        )
