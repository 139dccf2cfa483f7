"""Runs the doctor in this process, and servers that answer as a bad network does."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from iflytek_spark.cli import main


class Examined(NamedTuple):
    """What a run of the doctor came to."""

    status: int
    findings: list[dict[str, Any]]

    def problems(self, verdict: str) -> set[str]:
        return {each["problem"] for each in self.findings if each["verdict"] == verdict}


def examine(capsys: pytest.CaptureFixture[str], *arguments: str) -> Examined:
    status = main(["doctor", "--yes", "--json", "--timeout", "5", *arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    for name in ("SPARK_API_KEY", "SPARK_API_SECRET", "SPARK_API_PASSWORD", "SPARK_MAAS_API_KEY"):
        assert not os.environ.get(name) or os.environ[name] not in out + err
    whole = json.loads(out)
    assert whole["ok"] is (status == 0)
    return Examined(status, whole["findings"])


@contextlib.contextmanager
def raw_server(response: bytes | None) -> Iterator[str]:
    """Answer every connection with the same bytes, or never."""
    with socket.create_server(("127.0.0.1", 0)) as server, contextlib.ExitStack() as clients:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client = clients.enter_context(server.accept()[0])
                    if response is not None:
                        client.recv(65536)
                        client.sendall(response)
                        client.shutdown(socket.SHUT_RDWR)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
