"""``doctor``: what an account can do, and whether keys, network and our guesses are right."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from iflytek_spark.cli.doctor.examination import Examination
from iflytek_spark.cli.doctor.findings import Section
from iflytek_spark.cli.doctor.keys import inspect_settings
from iflytek_spark.cli.doctor.products import IMAGE_POINTS
from iflytek_spark.cli.doctor.report import Report
from iflytek_spark.cli.doctor.words import Language, language_of_locale, say
from iflytek_spark.credentials import environment
from iflytek_spark.env_file import load_env_file

_YES = frozenset({"y", "yes", "是", "好"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``doctor``."""
    parser.add_argument("--yes", action="store_true", help="make the calls without asking")
    parser.add_argument("--json", action="store_true", help="write one JSON object at the end")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="ask only a model (4.0Ultra), a wire (websocket, spark-open, maas), or both in one "
        "text ('lite websocket'); may be repeated",
    )
    parser.add_argument(
        "--record", type=Path, metavar="FOLDER", help="write what came, without secrets, for tests"
    )
    parser.add_argument("--model", help="the default model (SPARK_MODEL, or 4.0Ultra)")
    parser.add_argument("--base-url", metavar="URL", help="another address (SPARK_BASE_URL)")
    parser.add_argument(
        "--timeout", type=float, default=30.0, metavar="SECONDS", help="for each step (30)"
    )


def run(args: argparse.Namespace) -> int:
    """Examine, and return 0 when all is right, else 1.

    Raises:
        ConfigurationError: for a ``.env`` that cannot be read.
    """
    load_env_file()
    language = language_of_locale()
    report = Report(language, as_json=args.json)
    try:
        _examine(args, report, language)
    except KeyboardInterrupt:
        print(say("interrupted", "", language), file=sys.stderr)
        raise
    report.end()
    return int(report.wrong)


def _examine(args: argparse.Namespace, report: Report, language: Language) -> None:
    settings = inspect_settings(environment(), args.model, args.base_url)
    report.section(Section.KEYS, settings.findings)
    if settings.credentials is None or settings.endpoint is None:
        return
    examination = Examination(
        settings.credentials,
        settings.endpoint,
        args.only,
        timeout=args.timeout,
        record=args.record,
    )
    if not (args.yes or _agreed(examination, language)):
        report.section(Section.PRODUCTS, examination.declined())
        return
    report.section(Section.NETWORK, examination.network())
    report.section(Section.PRODUCTS, examination.products())
    report.section(Section.ASSUMPTIONS, examination.assumptions())


def _agreed(examination: Examination, language: Language) -> bool:
    """Say what will be sent, on standard error, and ask."""
    planned = say("calls", len(examination.planned), language)
    if any(row.name.startswith("image-generation") for row in examination.planned):
        planned += say("image-points", IMAGE_POINTS, language)
    print(say("question", planned, language), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in _YES
