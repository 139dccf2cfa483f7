"""Starts the gateway as its command line says, and tells the user what runs."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import sys
from collections.abc import Iterator
from typing import Any

from iflytek_spark.catalogue import DEFAULT_MODEL
from iflytek_spark.emulator import SERVICE_PACE, running_emulator
from iflytek_spark.env_file import load_env_file
from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.gateway.server.server import LOOPBACK, Launch, address_of, listen
from iflytek_spark.gateway.server.workers import serve_with_workers
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.gateway.upstream import OLDER_NAMES, Upstream


def start(args: argparse.Namespace) -> int:
    """Serve until a signal comes.

    Args:
        args: the parsed options of :mod:`.arguments`.

    Returns:
        The exit status.

    Raises:
        ConfigurationError: for what the user can put right.
    """
    load_env_file()
    given = {"host": args.host, "port": args.port}
    with _emulator(args.emulator) as emulated:
        chosen = emulated | {name: value for name, value in given.items() if value is not None}
        launch = Launch(args.config, args.loop, chosen)
        settings = launch.settings()
        with listen(settings.host if settings.keys else LOOPBACK, settings.port) as listener:
            _tell_settings(settings, args.workers)
            ready = _Ready(address_of(listener), settings, emulated=args.emulator)
            if args.workers > 1:
                return serve_with_workers(launch, listener, args.workers, ready)
            server = launch.server(ready)
            server.run([listener])
            return server.status


def print_new_key(name: str) -> None:
    """Print a key, and what the configuration holds of it.

    Args:
        name: whose key it is, for the configuration and the access log.
    """
    key, known = new_key()
    print(f"The key of {name}, which is shown only here:\n\n    {key}\n")
    print(f"In the configuration's file, under [keys]:\n\n    {json.dumps(name)} = {known!r}\n")
    variable = shlex.quote(json.dumps({name: known}))
    print(
        f"Or, when it is the only one, in the environment or .env:\n\n    GATEWAY_KEYS={variable}"
    )


@contextlib.contextmanager
def _emulator(wanted: bool) -> Iterator[dict[str, Any]]:
    """Run an emulator, if it is wanted, and yield the settings that lead to it."""
    if not wanted:
        yield {}
        return
    with running_emulator(pace=SERVICE_PACE) as spark:
        os.environ.update(spark.environment)
        yield {"base_url": spark.base_url}


def _tell_settings(settings: GatewaySettings, workers: int) -> None:
    """Tell what the user may not expect, in a line each."""
    has_credentials = Upstream(settings).ready()  # which refuses an address before a word is said
    if not settings.keys:
        _tell(f"no key is configured, so only this machine is served, on {LOOPBACK} (--new-key)")
    if not has_credentials:
        headers = ", ".join(f"X_{name}" for name in OLDER_NAMES)
        _tell(f"Spark credentials are missing: callers must send their own as {headers}")
    limited = settings.requests_per_minute or settings.concurrent_requests
    if limited and workers > 1 and settings.redis_url is None:
        _tell("each worker counts limits for itself: set redis_url to count them together")


class _Ready:
    """Tells, when the gateway answers, how to ask it."""

    def __init__(self, url: str, settings: GatewaySettings, *, emulated: bool) -> None:
        self._url = url
        self._with_key = bool(settings.keys)
        self._emulated = emulated

    def __call__(self) -> None:
        if self._emulated:
            _tell("a local emulator answers, which is not a language model; try:")
            _tell(self._command())
        _tell(f"listening on {self._url}")

    def _command(self) -> str:
        question = {"model": DEFAULT_MODEL, "messages": [{"role": "user", "content": "你好"}]}
        key = ' -H "Authorization: Bearer $KEY"' if self._with_key else ""
        data = shlex.quote(json.dumps(question, ensure_ascii=False))
        address = f"{self._url}/v1/chat/completions"
        return f"  curl {address}{key} -H 'Content-Type: application/json' -d {data}"


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
