"""Starts what is measured, each in a process of its own, and reads how much CPU it took."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LITELLM = Path(".venv-litellm/bin/litellm")
_KEYS = {"SPARK_APP_ID": "app", "SPARK_API_KEY": "key", "SPARK_API_SECRET": "secret"}
_LITELLM = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
}
_PATIENCE = 120.0


class Ports(NamedTuple):
    """Where the upstream listens."""

    spark: int
    spark_paced: int
    spark_tls: int
    openai: int
    openai_paced: int


class Proxy(NamedTuple):
    """A proxy that is ready.

    Attributes:
        port: where it listens.
        process: its process.
    """

    port: int
    process: subprocess.Popen[str]

    def cpu(self) -> float:
        """Return the seconds of CPU that it has taken so far, with its children's."""
        return sum(_cpu(pid) for pid in _family(self.process.pid))


@contextlib.contextmanager
def upstream(certificate: Path) -> Iterator[Ports]:
    """Run the services behind the proxies."""
    command = [sys.executable, "-m", "benchmarks.proxies.upstream", str(certificate)]
    with _running(command, {}) as process:
        assert process.stdout is not None
        yield Ports(*map(int, process.stdout.readline().split()))


@contextlib.contextmanager
def gateway(base_url: str, authority: Path | None = None) -> Iterator[Proxy]:
    """Run our gateway, one worker.

    Args:
        base_url: of Spark.
        authority: the CA's certificate, for wss.
    """
    port = _free_port()
    environment = {**_KEYS, "GATEWAY_BASE_URL": base_url}
    if authority is not None:
        environment["SSL_CERT_FILE"] = str(authority)
    command = [sys.executable, "-m", "iflytek_spark.gateway", "--port", str(port)]
    with _running(command, environment, subprocess.DEVNULL) as process:
        _wait_for(port, process)
        yield Proxy(port, process)


@contextlib.contextmanager
def litellm(ports: Ports) -> Iterator[Proxy]:
    """Run a litellm proxy, one worker, with the models ``fast`` and ``paced``."""
    port = _free_port()
    models = {"fast": ports.openai, "paced": ports.openai_paced}
    rows = [{"model_name": name, "litellm_params": _openai(at)} for name, at in models.items()]
    settings = {"telemetry": False, "drop_params": False}
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "litellm.yaml"
        config.write_text(json.dumps({"model_list": rows, "litellm_settings": settings}))
        command = [str(LITELLM), "--config", str(config), "--port", str(port)]
        with _running(command, _LITELLM, subprocess.DEVNULL) as process:
            _wait_for(port, process)
            yield Proxy(port, process)


def _openai(port: int) -> dict[str, str]:
    base = f"http://127.0.0.1:{port}/v1"
    return {"model": "openai/m", "api_base": base, "api_key": "none"}


@contextlib.contextmanager
def _running(
    command: list[str], environment: dict[str, str], output: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """Run a program; ``output`` is a pipe only for one that says little, or it would wait."""
    known = {**os.environ, **environment}
    process = subprocess.Popen(
        command, stdout=output, stderr=subprocess.DEVNULL, text=True, env=known
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{process.args} does not listen")


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
