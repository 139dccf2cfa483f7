"""When Spark refuses the gateway's own keys, its operator is to blame, and its callers are not.

A caller who reads 401 would change a key that is right.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from starlette.datastructures import Headers

from iflytek_spark import SparkError
from iflytek_spark.errors import AuthenticationError, ClockSkewError, PermissionDeniedError
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.gateway.upstream import brings_credentials

LOGGER = logging.getLogger("iflytek_spark.gateway")
_ALARM_SECONDS = 60.0
"""Between two lines of the log for one kind, and for how long ``/readyz`` tells of it."""

_MESSAGES: Mapping[ErrorRow, str] = {
    ErrorRow.OWN_KEYS_REFUSED: "Spark refuses the gateway's own keys; your key is not at fault: "
    "tell the gateway's operator",
    ErrorRow.OWN_KEYS_NOT_PERMITTED: "the gateway's own Spark account may not do this, or has used "
    "up its quota; your key is not at fault: tell the gateway's operator",
}


_LASTING = {"x-should-retry": "false"}
"""OpenAI's clients try a 502 twice more, and keys are no better a second later."""


class OwnKeys:
    """What is known of the gateway's own Spark keys."""

    def __init__(self) -> None:
        """Start without trouble."""
        self._alarms: dict[ErrorRow, float] = {}

    @property
    def refused(self) -> bool:
        """Whether Spark has refused them within the last minute."""
        return self._is_recent(ErrorRow.OWN_KEYS_REFUSED)

    def blame(self, error: SparkError, headers: Headers) -> SparkError | GatewayError:
        """Return what a caller is answered: the error, or that the operator has to see to it.

        Args:
            error: what failed.
            headers: the request's, which say whose keys were used.
        """
        row = _row(error)
        if row is None or brings_credentials(headers):
            return error
        if not self._is_recent(row):
            LOGGER.error("the gateway's own Spark keys: %s", error)
        self._alarms[row] = time.monotonic()
        return GatewayError(row, _MESSAGES[row], headers=_LASTING, spark=error)

    def _is_recent(self, row: ErrorRow) -> bool:
        return time.monotonic() - self._alarms.get(row, -_ALARM_SECONDS) < _ALARM_SECONDS


def _row(error: SparkError) -> ErrorRow | None:
    match error:
        case ClockSkewError():
            return None  # 503 already
        case AuthenticationError():
            return ErrorRow.OWN_KEYS_REFUSED
        case PermissionDeniedError():
            return ErrorRow.OWN_KEYS_NOT_PERMITTED
    return None
