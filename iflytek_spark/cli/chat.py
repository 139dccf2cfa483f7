"""``chat``: one question, or a conversation."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator

from iflytek_spark.cli.dialogue import Dialogue
from iflytek_spark.cli.printer import Printer
from iflytek_spark.cli.service import Service, emulated_service
from iflytek_spark.client import SparkClient
from iflytek_spark.credentials import Credentials
from iflytek_spark.endpoint import Endpoint
from iflytek_spark.env_file import load_env_file
from iflytek_spark.errors import MissingCredentialsError
from iflytek_spark.messages import Message
from iflytek_spark.requests.options import ChatOptions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``chat``."""
    parser.add_argument(
        "prompt",
        nargs="*",
        metavar="PROMPT",
        help="the question; without one it is read from a pipe, or a conversation begins",
    )
    parser.add_argument("--model", help="any name of a model (SPARK_MODEL, or 4.0Ultra)")
    parser.add_argument("--system", metavar="TEXT", help="instructions to the model")
    parser.add_argument("--temperature", type=float, help="randomness, 0 to 1 (X models: to 2)")
    parser.add_argument("--max-tokens", type=int, metavar="N", help="the longest answer")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="for a whole answer")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--base-url", metavar="URL", help="another address (SPARK_BASE_URL)")
    where.add_argument(
        "--emulator", action="store_true", help="talk to a local stand-in; it needs no keys"
    )


def run(args: argparse.Namespace) -> int:
    """Chat, and return the exit status.

    Raises:
        SparkError: when a single question fails; a conversation prints errors and goes on.
    """
    load_env_file()
    with _service(args) as service:
        client = SparkClient(
            service.credentials, model=args.model, base_url=service.base_url, timeout=args.timeout
        )
        options = ChatOptions(temperature=args.temperature, max_tokens=args.max_tokens)
        system = (Message("system", args.system),) if args.system else ()
        if not args.prompt and sys.stdin.isatty():
            return Dialogue(client, options, system).run(_place(service, client))
        prompt = " ".join(args.prompt) or sys.stdin.read()
        Printer().print(client.stream((*system, Message("user", prompt)), **options))
    return 0


@contextlib.contextmanager
def _service(args: argparse.Namespace) -> Iterator[Service]:
    if args.emulator:
        with emulated_service() as service:
            yield service
    else:
        yield Service(_credentials(), args.base_url)


def _place(service: Service, client: SparkClient) -> str:
    url = Endpoint.from_env(client.model, service.base_url).url(client.model)
    return f"local emulator {url}" if service.emulated else url


def _credentials() -> Credentials:
    try:
        return Credentials.from_env()
    except MissingCredentialsError as error:
        error.hint += ". To try without an account, add --emulator"
        raise
