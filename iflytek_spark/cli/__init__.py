"""The command line ``iflytek-spark``, also ``python -m iflytek_spark``."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from iflytek_spark.cli.commands import UsageError, command_parser, parse_command
from iflytek_spark.cli.terminal import end_interrupted_line, prepare_streams, report
from iflytek_spark.errors import SparkError

_INTERRUPTED = 130
_PIPE_CLOSED = 141
"""What a shell reports of a program that SIGINT or SIGPIPE ended."""

_EXTRAS = {"langchain_core": "langchain"} | dict.fromkeys(
    (
        "fastapi",
        "httptools",
        "limits",
        "prometheus_client",
        "pydantic_settings",
        "redis",
        "uvicorn",
    ),
    "gateway",
)
"""Packages that not every installation has, and the extra that brings them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments; the process's own by default.

    Returns:
        The process's exit status: 1 after an error, which is told in one line.
    """
    prepare_streams()
    try:
        status = _run(argv)
        sys.stdout.flush()
    except (SparkError, UsageError) as error:
        report(error)
        return 1
    except KeyboardInterrupt:
        end_interrupted_line()
        return _INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return _PIPE_CLOSED
    except OSError as error:
        _forget_stdout()
        report(error)
        return 1
    return status


def _run(argv: Sequence[str] | None) -> int:
    command, rest = parse_command(argv)
    module = _load(command.module)
    parser = command_parser(command)
    module.add_arguments(parser)
    status: int = module.run(parser.parse_args(rest))
    return status


def _load(name: str) -> ModuleType:
    """Import a command's module, which only then loads what it needs."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        extra = _EXTRAS.get(missing)
        if extra is None:
            raise
        raise UsageError(
            f'this command needs {missing}; install it with: pip install "iflytek-spark[{extra}]"'
        ) from error


def _forget_stdout() -> None:
    """Keep the interpreter from writing once more, when it ends, where nothing can be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
