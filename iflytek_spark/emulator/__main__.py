"""``python -m iflytek_spark.emulator``: a local Spark for other programs, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import shlex
import sys
from collections.abc import Sequence

from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator.http.keys import HttpKeys
from iflytek_spark.emulator.server import Emulator
from iflytek_spark.errors import ConfigurationError

_PORT = 8765


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the emulator's options to a command line."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port", type=int, default=_PORT, help="port to listen on, 0 for a free one (%(default)s)"
    )
    parser.add_argument(
        "--pace", type=float, default=0.05, help="seconds between two frames (%(default)s)"
    )
    for name in ("app-id", "api-key", "api-secret", "api-password", "maas-key"):
        parser.add_argument(f"--{name}", help="accept this one; made up by default")


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C, and return the process's exit status."""
    try:
        credentials = Credentials(
            args.app_id or secrets.token_hex(4),
            args.api_key or secrets.token_hex(16),
            args.api_secret or secrets.token_hex(16),
        )
        given = {"api_password": args.api_password, "maas_key": args.maas_key}
        emulator = Emulator(
            credentials=credentials,
            http_keys=HttpKeys(**{name: value for name, value in given.items() if value}),
            host=args.host,
            port=args.port,
            pace=args.pace,
        )
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve(emulator))
    except (ConfigurationError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, and return the process's exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m iflytek_spark.emulator",
        description="A local Spark: a stand-in for the wire, not a language model.",
    )
    add_arguments(parser)
    return run(parser.parse_args(argv))


async def _serve(emulator: Emulator) -> None:
    async with emulator:
        for name, value in emulator.environment.items():
            print(f"export {name}={shlex.quote(value)}")
        print(f"# over HTTP: {emulator.http_url}")
        print(f"# its APIPassword is {emulator.http_keys.api_password}")
        print("# a local Spark is listening; Ctrl-C ends it", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
