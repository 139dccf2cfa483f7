"""A PostgreSQL of the tests' own, in a folder that is gone afterwards."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

_PATIENCE = 30.0
_USER = "spark"
_NUMBERS = itertools.count()


def program(name: str) -> str | None:
    """Where a program of PostgreSQL's is; Debian keeps most of them out of the path."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(installed[-1]) if installed else shutil.which(name)


class Postgres:
    """A server that can be stopped and started again on its port."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        self._as_owner: dict[str, Any] = {}
        if os.getuid() == 0:  # which PostgreSQL refuses
            owner = pwd.getpwnam("nobody")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            self._as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        folder.chmod(0o700)
        data = str(folder / "data")
        command = [program("initdb") or "", "-D", data, "-U", _USER, "-A", "trust", "-N"]
        command += ["-E", "UTF8", "--locale=C"]
        self._run(subprocess.run, command, check=True)

    def start(self) -> None:
        options = ["-D", str(self._folder / "data"), "-k", str(self._folder)]
        options += ["-p", str(self._port), "-h", "127.0.0.1", "-F"]
        self._server = self._run(subprocess.Popen, [program("postgres") or "", *options])
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                psycopg.connect(self._address("postgres")).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL did not start"
            else:
                return

    def stop(self) -> None:
        """Stop at once, as after a failure."""
        if self._server is not None:
            self._server.send_signal(3)
            self._server.wait(_PATIENCE)
            self._server = None

    def new_database(self) -> str:
        """The URL of a database without tables."""
        name = f"gateway{next(_NUMBERS)}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self._address(name)

    def _address(self, database: str) -> str:
        return f"postgresql://{_USER}@127.0.0.1:{self._port}/{database}"

    def _run(self, start: Any, command: list[str], **options: Any) -> Any:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return start(command, cwd="/", **quiet, **self._as_owner, **options)


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a server."""
    with tempfile.TemporaryDirectory(prefix="spark-postgres-") as folder:
        server = Postgres(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()
