"""The commands ``gateway keys``, ``gateway usage`` and ``gateway migrate``: their arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

_AddParser: TypeAlias = Callable[..., argparse.ArgumentParser]


def add_store_commands(parser: argparse.ArgumentParser) -> None:
    """Add the commands to the gateway's command line; without one the gateway serves."""
    commands = parser.add_subparsers(dest="command", metavar="COMMAND").add_parser
    keys = commands("keys", help="make, list, limit and revoke keys of the store")
    actions = keys.add_subparsers(dest="keys_command", metavar="COMMAND", required=True)
    _add_keys_commands(actions.add_parser)
    usage = _add(commands, "usage", "show who used how much")
    usage.add_argument("--by", choices=("key", "model", "day", "account"), default="key")
    usage.add_argument("--since", default="30d", metavar="DAYS", help="7d, or a date (%(default)s)")
    usage.add_argument("--key", metavar="NAME", help="of this key alone")
    _add_forms(usage)
    _add(commands, "migrate", "bring the store's tables to this version, as each start does")


def _add_keys_commands(commands: _AddParser) -> None:
    add = _add(commands, "add", "make a key, and print it once")
    add.add_argument("name", metavar="NAME", help="what usage and the log call it")
    _add_limits(add)
    shown = _add(commands, "list", "show all keys")
    shown.add_argument("--json", action="store_true", help="as JSON")
    revoke = _add(commands, "revoke", "refuse a key from now on, for good")
    revoke.add_argument("key", metavar="NAME", help="its name or id")
    limit = _add(commands, "limit", "change what a key may do; 'none' takes a limit away")
    limit.add_argument("key", metavar="NAME", help="its name or id")
    _add_limits(limit)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    """Add the limits; one that is not named is absent from the namespace."""
    options = {
        "--expires": ("WHEN", "30d or 12h from now, or a date"),
        "--models": ("NAMES", "the only models that it may use, with commas between"),
        "--rpm": ("N", "requests a minute, in place of the gateway's own limit"),
        "--at-once": ("N", "requests at once, in place of the gateway's own limit"),
        "--tokens-per-day": ("N", "tokens from midnight to midnight"),
        "--tokens-per-month": ("N", "tokens from the first of a month to the next"),
    }
    for option, (metavar, words) in options.items():
        parser.add_argument(option, metavar=metavar, help=words, default=argparse.SUPPRESS)


def _add_forms(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--csv", action="store_true", help="as CSV")


def _add(commands: _AddParser, name: str, words: str) -> argparse.ArgumentParser:
    parser = commands(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="settings, a TOML file",
    )
    return parser
