"""Secrets that are easy to find again, and everything that a program lets out."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from iflytek_spark.credentials import Credentials

MARKED = Credentials("app1", "MARKERKEY1", "MARKERSECRET")
AUTHORIZATION = base64.b64encode(b'api_key="MARKERKEY1", ').decode()[:24]
MARKS = ("MARKER", "authorization=", "signature=", AUTHORIZATION)
"""The keys, the parameter of a signed URL, and the beginning of that parameter's value."""

LOGGERS = (
    "asyncio",
    "hpack",
    "httpcore2",
    "httpx2",
    "iflytek_spark",
    "iflytek_spark.emulator.wire",
    "iflytek_spark.websockets",
    "langchain_core",
    "llama_index",
    "urllib3",
    "websocket",
    "websockets",
    "websockets.client",
    "websockets.server",
)


def marks_in(shown: object) -> list[str]:
    """The marks that stand in a text, or in bytes."""
    text = shown.decode("latin-1") if isinstance(shown, bytes) else str(shown)
    return [mark for mark in MARKS if mark in text]


def everything_about(error: BaseException) -> str:
    """An error as reports show it, with its causes and its attributes."""
    lines = traceback.format_exception(error)
    return "".join((*lines, repr(error), str(error), repr(error.args), repr(vars(error))))


@dataclass
class Heard:
    """All records of all loggers, formatted with all they carry."""

    lines: list[str] = field(default_factory=list)

    def handler(self) -> logging.Handler:
        formatter = logging.Formatter("%(name)s %(levelname)s %(message)s")
        lines = self.lines

        class Listener(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                lines.append(formatter.format(record) + repr(record.args))

        return Listener(logging.DEBUG)


@contextmanager
def hearing(*more: str) -> Iterator[Heard]:
    """Hear everything that is logged, by whomever, from DEBUG on.

    Streamlit, once imported, keeps websockets' records to itself, and uvicorn its own.
    """
    heard = Heard()
    handler = heard.handler()
    loggers = [logging.getLogger(name) for name in (None, *LOGGERS, *more)]
    before = [(logger, logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.propagate = True
    loggers[0].addHandler(handler)
    try:
        yield heard
    finally:
        loggers[0].removeHandler(handler)
        for logger, level, propagate in before:
            logger.setLevel(level)
            logger.propagate = propagate
