from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.store.postgres_server import Postgres, program, running_postgres
from tests.gateway.store.store_helpers import Operator, operating


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL."""
    if program("initdb") is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store without tables, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A store in a file that is not there yet."""
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
def operator(store_url: str) -> Iterator[Operator]:
    """Makes and changes keys of the store."""
    with operating(store_url) as operator:
        yield operator
