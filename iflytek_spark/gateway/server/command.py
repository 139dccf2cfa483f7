"""The gateway's command line: its options, and what it prints."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from iflytek_spark import DEFAULT_MODEL
from iflytek_spark.emulator import SERVICE_PACE, running_emulator
from iflytek_spark.env_file import load_env_file
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.gateway.operator.arguments import add_store_commands
from iflytek_spark.gateway.server.server import Launch, address_of, listen
from iflytek_spark.gateway.server.workers import serve_with_workers
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.gateway.store.opening import check_store
from iflytek_spark.gateway.upstream import LEGACY_NAMES, Upstream

LOOPS = ("uvloop", "asyncio")
# 500 connects at once, p95 to the first byte: uvloop 0.29 s, asyncio 0.37; of streams 2.8 s, 3.0 s.
_LOOP = "asyncio" if sys.platform == "win32" else "uvloop"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the gateway's options to a command line."""
    parser.add_argument("--host", help="address to listen on (GATEWAY_HOST, or 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, help="port to listen on, 0 for a free one (GATEWAY_PORT, or 8000)"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings, a TOML file")
    parser.add_argument(
        "--workers", type=_count, default=1, metavar="N", help="processes that serve (%(default)s)"
    )
    parser.add_argument(
        "--loop", choices=LOOPS, default=_LOOP, help="event loop of the server (%(default)s)"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--emulator", action="store_true", help="answer from a local stand-in; it needs no keys"
    )
    what.add_argument(
        "--new-key", metavar="NAME", help="make a key for a caller, print it, and serve nothing"
    )
    add_store_commands(parser)


def start(args: argparse.Namespace) -> int:
    """Serve until a signal comes, and return the exit status.

    Raises:
        ConfigurationError: for what the user can correct.
    """
    load_env_file()
    config = args.config and args.config.absolute()  # a worker may be started elsewhere
    given = {"host": args.host, "port": args.port}
    with _emulator(args.emulator) as emulated:
        chosen = emulated | {name: value for name, value in given.items() if value is not None}
        launch = Launch(config, args.loop, chosen)
        settings = launch.settings()
        check_store(settings)
        with _listeners(settings) as listeners:
            launch = _with_port(launch, listeners)
            _print_settings(settings, args.workers)
            ready = _Ready([*map(address_of, listeners)], settings, emulated=args.emulator)
            if args.workers > 1:
                return serve_with_workers(launch, listeners, args.workers, ready)
            server = launch.server(ready)
            server.reload_at_hangup()
            server.run(listeners)
            return server.status


@contextlib.contextmanager
def _listeners(settings: GatewaySettings) -> Iterator[list[socket.socket]]:
    """Open the callers' port, and the operator's if there is to be one."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(listen(_host(settings), settings.port))]
        if settings.operator_port is not None:
            operators = listen(settings.operator_host, settings.operator_port)
            listeners.append(stack.enter_context(operators))
        yield listeners


def _with_port(launch: Launch, listeners: list[socket.socket]) -> Launch:
    """Let every process know the operator's port, which may have been a free one."""
    if len(listeners) == 1:
        return launch
    port = listeners[1].getsockname()[1]
    return replace(launch, given={**launch.given, "operator_port": port})


def _host(settings: GatewaySettings) -> str:
    """Return where to listen: without keys only this machine may ask.

    Raises:
        ConfigurationError: for another address; in a container nobody would reach the gateway.
    """
    if settings.with_keys or settings.host == "localhost" or _is_loopback(settings.host):
        return settings.host
    raise ConfigurationError(
        f"the host is {settings.host}, but there are no keys, so that anybody could ask",
        hint="make one: iflytek-spark gateway --new-key NAME; or listen on 127.0.0.1",
    )


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback
    return False


def print_new_key(name: str) -> None:
    """Print a key, and what the configuration holds of it: its hash under a caller's name."""
    key, known = new_key()
    print(f"The key of {name}, which is shown only here:\n\n    {key}\n")
    print(f"In the configuration's file, under [keys]:\n\n    {json.dumps(name)} = {known!r}\n")
    print(
        "Or, when it is the only one, in .env or another file of variables (in a shell the value"
        " stands between single quotes):\n\n"
        f"    GATEWAY_KEYS={_unquoted(json.dumps({name: known}))}"
    )


def _unquoted(text: str) -> str:
    """Write JSON so that no reader of such files wants quotes: Docker's keeps them as they are."""
    return text.translate({ord(special): f"\\u{ord(special):04x}" for special in "'#$`"})


@contextlib.contextmanager
def _emulator(wanted: bool) -> Iterator[dict[str, Any]]:
    """Run an emulator, if it is wanted, and yield the settings that lead to it."""
    if not wanted:
        yield {}
        return
    with running_emulator(pace=SERVICE_PACE) as spark:
        os.environ.update(spark.environment)
        yield {"base_url": spark.base_url}


def _print_settings(settings: GatewaySettings, workers: int) -> None:
    """Print what the user may not expect, in a line each."""
    has_credentials = Upstream(
        settings
    ).ready()  # which refuses an address before anything is printed
    if not settings.with_keys:
        _print("no key is configured, so only this machine is served (--new-key)")
    if not has_credentials:
        headers = ", ".join(f"X_{name}" for name in LEGACY_NAMES)
        _print(f"Spark credentials are missing: callers must send their own as {headers}")
    limited = settings.requests_per_minute or settings.concurrent_requests
    if limited and workers > 1 and settings.redis_url is None:
        _print("each worker counts limits for itself: set redis_url to count them together")
    if settings.responses_store and workers > 1 and settings.redis_url is None:
        _print("each worker keeps its own responses: set redis_url, or others do not find them")


class _Ready:
    """Prints, when the gateway answers, how to ask it."""

    def __init__(self, urls: list[str], settings: GatewaySettings, *, emulated: bool) -> None:
        self._url, *self._operators = urls
        self._with_key = settings.with_keys
        self._emulated = emulated

    def __call__(self) -> None:
        if self._emulated:
            _print("a local emulator answers, which is not a language model; try:")
            _print(self._command())
        for url in self._operators:
            _print(f"the operator's pages are on {url}")
        _print(f"listening on {self._url}")

    def _command(self) -> str:
        question = {"model": DEFAULT_MODEL, "messages": [{"role": "user", "content": "你好"}]}
        key = ' -H "Authorization: Bearer $KEY"' if self._with_key else ""
        data = shlex.quote(json.dumps(question, ensure_ascii=False))
        address = f"{self._url}/v1/chat/completions"
        return f"  curl {address}{key} -H 'Content-Type: application/json' -d {data}"


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return int(text)
