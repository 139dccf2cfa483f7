"""Takes a call's secrets out of the logs of the libraries below.

At DEBUG websocket-client writes what is sent (``websocket.enableTrace``), and httpcore2 what is
answered and what is wrong with it. A signed address may stand in either. What a program does with
the same libraries by itself is logged as ever.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from iflytek_spark.protocol.secrets.call_secrets import secrets_of
from iflytek_spark.protocol.secrets.redaction import Secrets
from iflytek_spark.protocol.steps import Opening

HTTP_LOGGERS = (
    "httpx2",
    "httpcore2.connection",
    "httpcore2.http11",
    "httpcore2.http2",
    "httpcore2.proxy",
    "httpcore2.socks",
)
WEBSOCKET_LOGGERS = ("websocket",)

_current: ContextVar[Callable[[], Secrets] | None] = ContextVar("secrets_of_call", default=None)


def _redact(record: logging.LogRecord) -> bool:
    secrets = _current.get()
    if secrets is not None:
        record.msg, record.args = secrets().redact(record.getMessage()), ()
    return True


def filter_logs(names: tuple[str, ...]) -> None:
    """Have loggers ask what to take out, whatever their levels and handlers.

    A logger's filter sees its own records only, not those of loggers below it, so each is named.
    """
    for name in names:
        logging.getLogger(name).addFilter(_redact)  # the same one again is not added


@contextmanager
def redacted_logs(
    opening: Opening, proxies: Callable[[], Iterable[str]], sent: str | bytes = b""
) -> Iterator[None]:
    """Take the secrets of a call out of what is logged within, in this thread and task.

    Args:
        opening: how the call's connection is opened.
        proxies: gives the addresses of the proxies that it may go through.
        sent: the request's body.
    """
    token = _current.set(cache(lambda: secrets_of(None, opening, proxies(), sent)))
    try:
        yield
    finally:
        _current.reset(token)
