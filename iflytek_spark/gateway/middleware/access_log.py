"""One line of JSON for each request: never a prompt, a key, a signed URL or a query string."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from starlette.types import Scope

from iflytek_spark.gateway.middleware.request_log_record import RequestLogRecord

LOGGER = logging.getLogger("iflytek_spark.gateway.access")

_PATH_LENGTH = 256
"""A path is the caller's text; of a longer one the beginning is logged."""

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(message)s"},
        "problem": {"format": "%(levelname)s: %(message)s"},
    },
    "handlers": {
        "access": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "stream": "ext://sys.stdout",
        },
        "problems": {
            "class": "logging.StreamHandler",
            "formatter": "problem",
            "stream": "ext://sys.stderr",
        },
    },
    "loggers": {
        "iflytek_spark.gateway": {"handlers": ["problems"], "level": "INFO", "propagate": False},
        LOGGER.name: {"handlers": ["access"], "level": "INFO", "propagate": False},
        "uvicorn.error": {"handlers": ["problems"], "level": "ERROR", "propagate": False},
    },
}
"""What a process that serves the gateway logs: requests on stdout, problems on stderr.

uvicorn warns of callers alone, a line for each that sends what is not HTTP: these are counted, and
told once a minute.
"""


def write_access(scope: Scope, record: RequestLogRecord, ended: float) -> None:
    """Log a request that has ended, at a moment of its record's clock."""
    if not LOGGER.isEnabledFor(logging.INFO):
        return
    first, usage = record.first_token, record.usage
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "method": scope["method"],
        "path": scope["path"][:_PATH_LENGTH],
        "status": record.status,
        "request_id": record.request_id,
        "address": (scope.get("client") or ("",))[0],
        "caller": record.caller,
        "model": record.model,
        "streamed": record.streamed,
        "sid": record.sid,
        "texts": record.texts,
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "completion_tokens": usage.completion_tokens if usage else None,
        "seconds": round(ended - record.started, 4),
        "first_token_seconds": None if first is None else round(first - record.started, 4),
        "error": record.error,
        "spark_code": record.error_code,
        "client_disconnected": record.client_disconnected,
        "ignored": record.ignored,
    }
    # In ASCII: what ends a line or steers a terminal in Unicode is written as an escape.
    LOGGER.info("%s", json.dumps(line).replace("\x7f", "\\u007f"))
