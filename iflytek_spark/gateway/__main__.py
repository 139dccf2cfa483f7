"""``python -m iflytek_spark.gateway``: OpenAI's API over Spark, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.server.command import add_arguments, print_new_key, start
from iflytek_spark.gateway.store.opening import run_store_command

__all__ = ["add_arguments", "main", "run"]

_INTERRUPTED = 130


def run(args: argparse.Namespace) -> int:
    """Serve, make a key, or do what a command for the store says.

    Returns:
        The process's exit status: 0 when it was stopped, 1 after an error, and as of a process
        that a signal ended when a second one came.
    """
    try:
        if args.new_key is not None:
            print_new_key(args.new_key)
            return 0
        if args.command is not None:
            return run_store_command(args)
        return start(args)
    except (ConfigurationError, OSError) as error:
        print("error:", " ".join(str(error).split()), file=sys.stderr)
        return 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, and return the process's exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m iflytek_spark.gateway",
        description="OpenAI's API over iFlytek Spark.",
    )
    add_arguments(parser)
    try:
        return run(parser.parse_args(argv))
    except KeyboardInterrupt:  # before it serves
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
