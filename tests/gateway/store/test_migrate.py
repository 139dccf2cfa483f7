"""How a store comes to the tables of this version."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr, TypeAdapter
from sqlalchemy import column, insert, inspect, select, table, update

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.settings import load_settings
from iflytek_spark.gateway.store.database import Database
from iflytek_spark.gateway.store.migrate import VERSION_TABLE, migrate
from iflytek_spark.gateway.store.tables import daily_usage, metadata, usage
from iflytek_spark.gateway.store.url import StoreURL
from tests.gateway.store.store_helpers import operating

_MIGRATE = """
import sys
from pydantic import SecretStr, TypeAdapter
from iflytek_spark.gateway.store.database import Database
from iflytek_spark.gateway.store.migrate import migrate
from iflytek_spark.gateway.store.url import StoreURL
database = Database(TypeAdapter(StoreURL).validate_python(SecretStr(sys.argv[1])))
print(migrate(database))
database.close()
"""
_REQUEST = {
    "time": datetime(2026, 11, 27, 10),
    **dict.fromkeys(("request_id", "account", "wire", "route", "sid", "error"), ""),
    "model": "lite",
    "streamed": True,
    "prompt_tokens": 3,
    "completion_tokens": 4,
    "total_tokens": 7,
    "total_ms": 100,
}


def opened(store_url: str) -> Database:
    return Database(TypeAdapter[SecretStr](StoreURL).validate_python(SecretStr(store_url)))


def test_an_empty_database_gets_the_tables_that_the_code_names(store_url: str) -> None:
    database = opened(store_url)
    migrate(database)
    with database.read() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        tables = set(inspect(connection).get_table_names())
    assert {name for name in tables if not name.startswith("spark_gateway_")} == set()
    database.close()


def test_a_store_of_the_version_before_keeps_its_usage(store_url: str) -> None:
    database = opened(store_url)
    assert migrate(database, "1") == "1"
    rows = [
        {"day": "2026-11-27", "key": "anna", "estimated": False, "status": 200},
        {"day": "2026-11-27", "key": "anna", "estimated": True, "status": 500},
        {"day": "2026-11-28", "key": "bert", "estimated": False, "status": 200},
    ]
    with database.write() as connection:
        connection.execute(insert(usage), [{**_REQUEST, **row} for row in rows])
    assert migrate(database) == "2"
    with database.read() as connection:
        found = connection.execute(select(daily_usage).order_by(daily_usage.c.day)).all()
    assert [tuple(row) for row in found] == [
        ("2026-11-27", "anna", "lite", "", 2, 1, 6, 8, 14, 7, 200),
        ("2026-11-28", "bert", "lite", "", 1, 0, 3, 4, 7, 0, 100),
    ]
    database.close()


def test_a_store_of_a_newer_program_is_left_alone(store_url: str) -> None:
    database = opened(store_url)
    migrate(database)
    newer = table(VERSION_TABLE, column("version_num"))
    with database.write() as connection:
        connection.execute(update(newer).values(version_num="99"))
    with pytest.raises(ConfigurationError, match="a newer one") as refused:
        migrate(database)
    assert "install that version" in str(refused.value)
    database.close()


def test_processes_that_start_at_once_do_not_disturb_each_other(store_url: str) -> None:
    command = [sys.executable, "-W", "error", "-c", _MIGRATE, store_url]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ended = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    assert ended == [("2\n", "", 0)] * 3
    with operating(store_url) as operator:
        assert operator.add("anna")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://anna:verborgen@host/db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://host/file",
        "postgresql://anna:verborgen@host",
        "postgresql://anna:verborgen@host:port/db",
        "gateway.db",
    ],
)
def test_what_is_no_address_of_a_store(url: str) -> None:
    with pytest.raises(ConfigurationError, match="store_url") as refused:
        load_settings(store_url=url)
    assert "verborgen" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all/store.db", "postgres://anna:verborgen@127.0.0.1:1/db"]
)
def test_a_store_that_cannot_be_reached_is_an_error_in_words(url: str) -> None:
    database = opened(url)
    with pytest.raises(ConfigurationError, match="check store_url") as refused:
        migrate(database)
    assert "verborgen" not in str(refused.value)
    database.close()


def test_the_short_form_is_a_file_in_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with operating("sqlite") as operator:
        operator.add("anna")
    assert (tmp_path / "iflytek-spark-gateway.db").is_file()
