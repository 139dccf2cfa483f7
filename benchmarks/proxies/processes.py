"""Starts proxies, each in a process of its own, and reads how much CPU it took."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

LITELLM = Path(".venv-litellm/bin/litellm")
_KEYS = {"SPARK_APP_ID": "app", "SPARK_API_KEY": "key", "SPARK_API_SECRET": "secret"}
_LITELLM = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
}
_START_TIMEOUT = 120.0


class Proxy(NamedTuple):
    """A proxy that is ready.

    Attributes:
        port: where it listens.
        process: its process.
    """

    port: int
    process: subprocess.Popen[bytes]

    def cpu(self) -> float:
        """Return the seconds of CPU that it has taken so far, with its children's."""
        return sum(_cpu(pid) for pid in _family(self.process.pid))


@contextlib.contextmanager
def gateway(base_url: str, environment: Mapping[str, str]) -> Iterator[Proxy]:
    """Run our gateway, one worker.

    Args:
        base_url: of Spark.
        environment: further variables.
    """
    port = _free_port()
    known = {**_KEYS, "GATEWAY_BASE_URL": base_url, **environment}
    command = [sys.executable, "-m", "iflytek_spark.gateway", "--port", str(port)]
    with _running(command, port, known) as proxy:
        yield proxy


@contextlib.contextmanager
def litellm(upstream: Mapping[str, int]) -> Iterator[Proxy]:
    """Run a litellm proxy, one worker, with a model for each port of the service behind it."""
    port = _free_port()
    rows = [{"model_name": name, "litellm_params": _openai(at)} for name, at in upstream.items()]
    settings = {"telemetry": False, "drop_params": False}
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "litellm.yaml"
        config.write_text(json.dumps({"model_list": rows, "litellm_settings": settings}))
        command = [str(LITELLM), "--config", str(config), "--port", str(port)]
        with _running(command, port, _LITELLM) as proxy:
            yield proxy


def _openai(port: int) -> dict[str, str]:
    base = f"http://127.0.0.1:{port}/v1"
    return {"model": "openai/m", "api_base": base, "api_key": "none"}


@contextlib.contextmanager
def _running(command: list[str], port: int, environment: Mapping[str, str]) -> Iterator[Proxy]:
    """Run a proxy, and wait until it listens; what it says is not read, so that it never waits."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, stdout=quiet, stderr=quiet, env={**os.environ, **environment}
    )
    try:
        _wait_for(port, process)
        yield Proxy(port, process)
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} does not listen")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
