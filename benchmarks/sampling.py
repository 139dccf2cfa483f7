"""Takes each sample in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TypeAlias

Metrics: TypeAlias = dict[str, float]
"""What one sample gives, by name."""

SAMPLE_TIMEOUT = 240.0
"""Seconds after which a sample has failed."""
_ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
"""Byte code is cached, as an installed package has it."""


class SampleError(Exception):
    """A sample could not be taken."""


def fresh(function: str, *arguments: object, environment: Mapping[str, str] = {}) -> Metrics:
    """Call a function in a fresh process.

    Args:
        function: ``module:name``, in this package; it returns metrics.
        arguments: what it is given; JSON carries them.
        environment: variables that are added.

    Raises:
        SampleError: when it fails, or takes too long.
    """
    command = ["-m", "benchmarks.sampling", function, json.dumps(arguments)]
    metrics: Metrics = json.loads(_run(command, environment).splitlines()[-1])
    return metrics


def program(code: str, environment: Mapping[str, str] = {}) -> Metrics:
    """Run a program of a line or two, and return the ms of CPU and of wall time of its process.

    Nothing of this package is loaded there, and no frame of it lies on the stack.

    Args:
        code: the program.
        environment: variables that are added.

    Raises:
        SampleError: when it fails, or takes too long.
    """
    start, before = time.perf_counter(), _children()
    _run(["-c", code], environment)
    return {
        "ms": (time.perf_counter() - start) * 1e3,
        "ms of CPU": (_children() - before) * 1e3,
    }


def _children() -> float:
    """Return the seconds of CPU, of the user and of the system, of the processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run(arguments: list[str], environment: Mapping[str, str]) -> str:
    """Run Python, and return what it prints."""
    try:
        done = subprocess.run(
            [sys.executable, *arguments], check=False, capture_output=True, text=True,
            timeout=SAMPLE_TIMEOUT, env={**_ENVIRONMENT, **environment},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise SampleError(f"took more than {SAMPLE_TIMEOUT:.0f} s") from error
    if done.returncode:
        raise SampleError((done.stderr.strip().splitlines() or ["no message"])[-1])
    return done.stdout


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
