"""What the command line can do, and how its arguments are read."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from iflytek_spark._version import __version__

PROGRAM = "iflytek-spark"


class UsageError(Exception):
    """The arguments cannot be used."""


class Command(NamedTuple):
    """A command.

    Attributes:
        name: what the user types.
        help: what it does, in a line.
        module: where ``add_arguments(parser)`` and ``run(arguments)`` are.
    """

    name: str
    help: str
    module: str


COMMANDS = (
    Command("chat", "ask a model, or talk with it", "iflytek_spark.cli.chat"),
    Command("batch", "label a file of rows, or make vectors of it", "iflytek_spark.cli.batch"),
    Command("models", "show the catalogue of models", "iflytek_spark.cli.models"),
    Command("doctor", "find out what your account and network can do", "iflytek_spark.cli.doctor"),
    Command("demo", "see a LangChain chain run, with or without keys", "iflytek_spark.cli.demo"),
    Command("emulator", "run a local Spark for other programs", "iflytek_spark.emulator.__main__"),
    Command("gateway", "serve OpenAI's API over Spark", "iflytek_spark.gateway.__main__"),
)


class Parser(argparse.ArgumentParser):
    """A parser that raises its errors."""

    def error(self, message: str) -> NoReturn:
        """Raise a UsageError with argparse's word on what the user got wrong."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def parse_command(argv: Sequence[str] | None) -> tuple[Command, list[str]]:
    """Find the command, and the arguments that are its own; the process's arguments by default.

    Raises:
        UsageError: when there is no such command.
    """
    arguments = _parser().parse_args(argv)
    return next(row for row in COMMANDS if row.name == arguments.command), arguments.rest


def command_parser(command: Command) -> Parser:
    """Return an empty parser for the arguments of ``command``."""
    return Parser(prog=f"{PROGRAM} {command.name}", description=_sentence(command.help))


def _parser() -> Parser:
    commands = "\n".join(f"  {command.name:<10}{command.help}" for command in COMMANDS)
    parser = Parser(
        prog=PROGRAM,
        usage="%(prog)s [--help] [--version] COMMAND [--help] ...",
        description="iFlytek Spark (讯飞星火) on the command line.",
        epilog=f"commands:\n{commands}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    names = [command.name for command in COMMANDS]
    parser.add_argument("command", choices=names, metavar="COMMAND", help=argparse.SUPPRESS)
    rest = parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    rest.required = False
    return parser


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
