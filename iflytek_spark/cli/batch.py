"""``batch``: jobs over files of rows, planned, run, watched, cancelled and fetched."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

from iflytek_spark.cli.commands import UsageError
from iflytek_spark.cli.progress import ProgressBar
from iflytek_spark.env_file import load_env_file
from iflytek_spark.jobs import (
    JobResult,
    JobStatus,
    LabelOptions,
    PlanOptions,
    VectorOptions,
    cancel,
    embed,
    fetch,
    label,
    plan,
    status,
)
from iflytek_spark.messages import JSONObject
from iflytek_spark.rates import THIS_PROCESS, Limit, MachineStore, Rate, RateStore, RedisStore

_LABEL_ONLY = ("prompt", "messages", "via", "temperature", "max_tokens")
_SHARED = ("id", "model", "concurrency", "bad_rows", "retry_errors")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``batch``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, text in (
        ("plan", "say what a job is going to take; nothing is sent"),
        ("run", "begin a job, or go on with it"),
    ):
        _add_job(actions.add_parser(name, help=text, description=text))
    for name, text in (
        ("status", "say how far a job is"),
        ("cancel", "cancel the batches of a job that are under way"),
        ("fetch", "collect the batches that have ended, and ask nothing new"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("output", metavar="OUTPUT", help="the output that the job was given")


def _add_job(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="INPUT", help="rows: a .jsonl, .csv or .parquet file")
    parser.add_argument(
        "--out", required=True, metavar="FILE", help="where the results go, likewise"
    )
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("--prompt", metavar="TEXT", help="what is asked; {name} is a column")
    asked.add_argument("--messages", metavar="COLUMN", help="a column of whole conversations")
    asked.add_argument("--embed", metavar="COLUMN", help="make vectors of the texts of a column")
    parser.add_argument("--schema", metavar="FILE", help="a JSON schema that each answer must fit")
    parser.add_argument("--model", help="any name of a model (SPARK_MODEL, or 4.0Ultra)")
    parser.add_argument("--id", default="id", metavar="COLUMN", help="the column of ids (id)")
    parser.add_argument(
        "--via", choices=("auto", "live", "batch"), default="auto", help="how to ask (auto)"
    )
    parser.add_argument("--temperature", type=float, help="randomness, 0 to 1 (X models: to 2)")
    parser.add_argument("--max-tokens", type=int, metavar="N", help="the longest answer")
    parser.add_argument(
        "--per-second", type=float, default=2, metavar="N", help="the account's limit (2)"
    )
    parser.add_argument(
        "--rate-store",
        metavar="PLACE",
        help="where that is counted with other programs: a file of this machine, or redis://…",
    )
    parser.add_argument("--concurrency", type=int, default=8, metavar="N", help="calls at once (8)")
    parser.add_argument(
        "--bad-rows",
        choices=("refuse", "report"),
        default="refuse",
        help="a row that cannot be asked ends the job, or is an error in the output (refuse)",
    )
    parser.add_argument(
        "--retry-errors", action="store_true", help="ask rows again that ended as errors"
    )


def run(args: argparse.Namespace) -> int:
    """Do what is asked, and return the exit status."""
    load_env_file()
    actions: Mapping[str, Callable[[argparse.Namespace], None]] = {
        "plan": _plan,
        "run": _run,
        "status": lambda args: _print_status(status(args.output)),
        "cancel": _cancel,
        "fetch": lambda args: _print_status(fetch(args.output)),
    }
    actions[args.action](args)
    return 0


def _plan(args: argparse.Namespace) -> None:
    print(plan(args.source, args.out, **_options(args)))


def _run(args: argparse.Namespace) -> None:
    with ProgressBar() as bar:
        try:
            done = _begin(args, bar)
        except KeyboardInterrupt:
            bar.end()
            print("stopped: what is done is kept, and the same command goes on", file=sys.stderr)
            raise
    print(
        f"{done.output}: {done.rows:,} rows, {done.errors:,} of them errors; {done.asked:,} asked"
    )
    print(f"{done.input_tokens:,} tokens in, {done.output_tokens:,} out, as the service counted")
    if done.errors:
        print("rows that ended as errors are asked again with --retry-errors")


def _begin(args: argparse.Namespace, bar: ProgressBar) -> JobResult:
    options = _options(args)
    options["on_progress"] = bar.show
    options["on_plan"] = lambda found: print(found, file=sys.stderr)
    if args.embed:
        return embed(args.source, args.out, **cast("VectorOptions", options))
    return label(args.source, args.out, **cast("LabelOptions", options))


def _options(args: argparse.Namespace) -> PlanOptions:
    """Return what a job is called with; options of chats are none of vectors."""
    names = _SHARED if args.embed else (*_SHARED, *_LABEL_ONLY)
    given = {name: getattr(args, name) for name in names}
    options = cast("PlanOptions", {name: each for name, each in given.items() if each is not None})
    if args.embed:
        options["text"] = args.embed
    elif args.schema:
        options["schema"] = _schema(Path(args.schema))
    limit = Limit(args.per_second)
    options["rate"] = Rate(_store(args.rate_store), chat=limit, embeddings=limit)
    return options


def _store(place: str | None) -> RateStore:
    if place is None:
        return THIS_PROCESS
    return RedisStore(place) if place.startswith(("redis://", "rediss://")) else MachineStore(place)


def _schema(path: Path) -> JSONObject:
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"the schema {path} is not JSON: {error}") from error
    if not isinstance(schema, dict):
        raise UsageError(f"the schema {path} is not a JSON object")
    return schema


def _cancel(args: argparse.Namespace) -> None:
    names = cancel(args.output)
    print(f"cancelled: {', '.join(names)}" if names else "no batch of this job is under way")


def _print_status(found: JobStatus) -> None:
    state = "finished" if found.finished else "not finished"
    print(f"{found.done:,} of {found.rows:,} rows done, {found.errors:,} of them errors; {state}")
    for name in found.batches:
        print(f"under way: {name}")
