"""Takes each sample in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import TypeAlias

Metrics: TypeAlias = dict[str, float]
"""What one sample gives, by name."""

PATIENCE = 240.0
"""Seconds after which a sample has failed."""
_ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
"""Byte code is cached, as an installed package has it."""


class SampleError(Exception):
    """A sample could not be taken."""


def fresh(function: str, *arguments: object, environment: dict[str, str] | None = None) -> Metrics:
    """Call a function in a fresh process.

    Args:
        function: ``module:name``, in this package; it returns metrics.
        arguments: what it is given; JSON carries them.
        environment: variables that are added.

    Raises:
        SampleError: when it fails, or takes too long.
    """
    command = [sys.executable, "-m", "benchmarks.sampling", function, json.dumps(arguments)]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=PATIENCE,
            env={**_ENVIRONMENT, **(environment or {})},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise SampleError(f"took more than {PATIENCE:.0f} s") from error
    if done.returncode:
        raise SampleError((done.stderr.strip().splitlines() or ["no message"])[-1])
    metrics: Metrics = json.loads(done.stdout.splitlines()[-1])
    return metrics


@contextlib.contextmanager
def serving(module: str, *arguments: str) -> Iterator[list[int]]:
    """Run a server of this package in a process of its own; its first line names its ports."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_ENVIRONMENT) as process:
        assert process.stdout is not None
        try:
            ports = [int(port) for port in process.stdout.readline().split()]
            if not ports:
                raise SampleError(f"benchmarks.{module} does not serve")
            yield ports
        finally:
            process.kill()


def _main(name: str, arguments: str) -> None:
    module, _, function = name.partition(":")
    metrics = getattr(import_module(f"benchmarks.{module}"), function)(*json.loads(arguments))
    print(json.dumps(metrics))


if __name__ == "__main__":
    _main(*sys.argv[1:])
