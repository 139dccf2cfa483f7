"""What holds while the database does not answer."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.gateway.middleware.request_log_record import RequestLogRecord
from iflytek_spark.gateway.store import usage_log
from iflytek_spark.gateway.store.usage_log import UsageLog
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import ask, bearer, code
from tests.gateway.metrics_helpers import Samples
from tests.gateway.store.postgres_server import Postgres, program, running_postgres
from tests.gateway.store.store_helpers import operating, until


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A PostgreSQL that a test may stop."""
    if program("initdb") is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgres() as server:
        yield server


def test_requests_are_answered_and_their_usage_is_written_later(
    running_gateway: RunningGateway, server: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    store_url = server.new_database()
    with operating(store_url) as operator:
        key, unknown = operator.add("anna", tokens_per_day=10_000), "sk-spark-unknown"
        olga, hashed = new_key()
        url = running_gateway(store_url=store_url, operator_keys={"olga": hashed})
        assert ask(url, key).status_code == 200
        operator.rows_after(1)

        server.stop()
        assert until(lambda: "cannot be reached" in caplog.text or None, 15)
        assert ask(url, key).status_code == 200
        assert ask(url, unknown).status_code == 401
        response = httpx2.get(f"{url}/operator/keys", headers=bearer(olga))
        assert (response.status_code, code(response)) == (503, "store_unavailable")
        asked_for = int(Samples(url).sum("requests_total", status="200"))

        server.start()
        until(lambda: "reached again; 0 rows were lost" in caplog.text or None, 30)
        assert len(operator.rows_after(asked_for)) == asked_for
    assert caplog.text.count("cannot be reached") == 1


def test_rows_that_cannot_be_kept_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_log, "MAX_ROWS", 3)
    lost: list[int] = []
    log = UsageLog(lambda: lost.append(1))
    for _ in range(5):
        log.add("/v1/models", RequestLogRecord(caller="anna", status=200), time.monotonic())
    assert (len(lost), log.dropped, len(log.take(10))) == (2, 2, 3)


def test_a_gateway_does_not_start_without_its_store(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "iflytek_spark.gateway", "--emulator"]
    environ = {**os.environ, "GATEWAY_STORE_URL": "postgresql://anna@127.0.0.1:1/db"}
    for workers in ("1", "2"):
        ended = subprocess.run(
            [*command, "--port", "0", "--workers", workers],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 1
        (line,) = ended.stderr.splitlines()
        assert line.startswith("error: the store 127.0.0.1/db cannot be used")


def test_without_a_store_nothing_of_it_is_loaded_and_no_file_is_written(tmp_path: Path) -> None:
    check = (
        "import sys; from iflytek_spark.gateway.app import create_app; create_app();"
        "print([name for name in ('sqlalchemy', 'alembic', 'psycopg') if name in sys.modules])"
    )
    command = [sys.executable, "-c", check]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"
    assert list(tmp_path.iterdir()) == []


def test_without_its_packages_a_store_is_an_error_in_words(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "sqlalchemy.py").write_text("raise ModuleNotFoundError(name='sqlalchemy')\n")
    import os

    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    for arguments in (["keys", "list"], ["--port", "0"]):
        ended = subprocess.run(
            [sys.executable, "-m", "iflytek_spark.gateway", *arguments],
            env={**os.environ, "PYTHONPATH": paths, "GATEWAY_STORE_URL": sqlite_url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 1
        assert 'pip install "iflytek-spark[gateway-usage]"' in ended.stderr
        assert len(ended.stderr.splitlines()) == 1
