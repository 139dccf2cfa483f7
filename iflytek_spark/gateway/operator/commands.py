"""The commands ``gateway keys``, ``gateway usage`` and ``gateway migrate``."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from iflytek_spark.env_file import load_env_file
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.operator.administration import Administration
from iflytek_spark.gateway.operator.shapes import KeyInfo, Limit, NewKey, Used
from iflytek_spark.gateway.settings import GatewaySettings, load_settings
from iflytek_spark.gateway.store.migrate import migrate
from iflytek_spark.gateway.store.periods import expiry_of, utc
from iflytek_spark.gateway.store.store import open_database
from iflytek_spark.gateway.store.url import SHORTHAND

_NONE = "none"
_LIMITS = {
    "rpm": "requests_per_minute",
    "at_once": "concurrent_requests",
    "tokens_per_day": "tokens_per_day",
    "tokens_per_month": "tokens_per_month",
}
_KEY_HEADING = (
    *("NAME", "ID", "STATE", "EXPIRES", "MODELS"),
    *("A MINUTE", "AT ONCE", "TOKENS TODAY", "THIS MONTH"),
)
_COUNTS = (
    "requests",
    "errors",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "estimated_tokens",
    "seconds",
)


def run(args: argparse.Namespace) -> int:
    """Run a command, and return the process's exit status.

    Raises:
        ConfigurationError: for what the user can correct.
    """
    load_env_file()
    settings = _settings(args)
    database = open_database(settings)
    try:
        administration = Administration(database, settings)
        match args.command:
            case "usage":
                _usage(administration, args)
            case "migrate":
                print(f"the store {database.shown} has version {migrate(database)}")
            case _:
                _KEYS[args.keys_command](administration, args)
    finally:
        database.close()
    return 0


def _settings(args: argparse.Namespace) -> GatewaySettings:
    """Read the settings; without a store in them, the short form's file is meant."""
    settings = load_settings(args.config)
    if settings.store_url is None:
        print(
            f"no store_url is set: {SHORTHAND!r}, a file in this folder, is used; start the gateway"
            f" with GATEWAY_STORE_URL={SHORTHAND}",
            file=sys.stderr,
        )
        settings = load_settings(args.config, store_url=SHORTHAND)
    return settings


def _add(administration: Administration, args: argparse.Namespace) -> None:
    limits = _limits(args)
    made = administration.add(
        _new_key(name=args.name, expires=getattr(args, "expires", None), **limits)
    )
    print(f"The key of {made['name']} ({made['id']}), which is shown only here:", file=sys.stderr)
    print(made["key"])


def _list(administration: Administration, args: argparse.Namespace) -> None:
    keys = administration.keys()
    if args.json:
        print(json.dumps(keys, ensure_ascii=False, indent=2))
        return
    _print_table([_KEY_HEADING, *map(_key_cells, keys["data"])])


def _revoke(administration: Administration, args: argparse.Namespace) -> None:
    key = administration.revoke(args.key)
    print(f"the key of {key['name']} ({key['id']}) is refused within 5 seconds")


def _limit(administration: Administration, args: argparse.Namespace) -> None:
    changes: dict[str, Any] = _limits(args)
    if changes.get("models"):
        changes["models"] = administration.models(changes["models"])
    if hasattr(args, "expires"):
        seconds = None if args.expires == _NONE else expiry_of(args.expires, time.time())
        changes["expires"] = None if seconds is None else utc(seconds)
    if not changes:
        raise ConfigurationError(
            "nothing is to be changed", hint="keys limit --help shows what can"
        )
    key = administration.limit(args.key, changes)
    print(f"the limits of {key['name']} ({key['id']}) hold within 5 seconds")


_KEYS = {"add": _add, "list": _list, "revoke": _revoke, "limit": _limit}


def _usage(administration: Administration, args: argparse.Namespace) -> None:
    report = administration.usage(args.by, args.since, args.key)
    if args.json:
        print(json.dumps(report, ensure_ascii=False, indent=2))
    elif args.csv:
        rows = csv.DictWriter(sys.stdout, ("name", *_COUNTS), lineterminator="\n")
        rows.writeheader()
        rows.writerows(report["rows"])
    else:
        heading = (args.by.upper(), *(name.replace("_", " ").upper() for name in _COUNTS))
        total = _used_cells({**report["total"], "name": "(all)"})
        _print_table([heading, *map(_used_cells, report["rows"]), total])


def _limits(args: argparse.Namespace) -> dict[str, Any]:
    """Return the limits that were named, ``none`` as None."""
    found: dict[str, Any] = {
        column: _number(option, getattr(args, option))
        for option, column in _LIMITS.items()
        if hasattr(args, option)
    }
    if hasattr(args, "models"):
        names = [name.strip() for name in args.models.split(",")]
        found["models"] = None if args.models == _NONE else names
    return found


def _number(option: str, text: str) -> int | None:
    if text == _NONE:
        return None
    try:
        return TypeAdapter[int](Limit).validate_python(text)
    except ValidationError:
        name = option.replace("_", "-")
        raise ConfigurationError(f"--{name} is {text[:20]!r}; give a number from 1") from None


def _new_key(**values: Any) -> NewKey:
    try:
        return NewKey(**values)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        field = ".".join(map(str, problem["loc"]))
        raise ConfigurationError(f"{field}: {problem['msg']}") from None


def _key_cells(key: KeyInfo) -> tuple[str, ...]:
    cells = (
        key["name"],
        key["id"] or "configuration",
        key["state"],
        key["expires"],
        ",".join(key["models"]) if key["models"] else "all",
        key["requests_per_minute"],
        key["concurrent_requests"],
        _of_budget(key["tokens_today"], key["tokens_per_day"]),
        _of_budget(key["tokens_this_month"], key["tokens_per_month"]),
    )
    return tuple("-" if cell is None else str(cell) for cell in cells)


def _of_budget(used: int, budget: int | None) -> str:
    return str(used) if budget is None else f"{used} of {budget}"


def _used_cells(row: Used) -> tuple[str, ...]:
    cells: dict[str, Any] = {**row}
    return (row["name"] or "-", *(str(cells[name]) for name in _COUNTS))


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(_width, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(_cells(row, widths)).rstrip())


def _cells(row: Sequence[str], widths: Iterable[int]) -> list[str]:
    return [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths)]


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
