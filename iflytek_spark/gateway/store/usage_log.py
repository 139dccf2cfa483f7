"""What requests have used and no database knows yet: taken note of in no time, written later."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from iflytek_spark import Usage
from iflytek_spark.errors import encodable
from iflytek_spark.gateway.middleware.metrics import countable
from iflytek_spark.gateway.middleware.request_log_record import RequestLogRecord
from iflytek_spark.gateway.store.periods import day_of, utc
from iflytek_spark.gateway.store.tables import TEXT_LENGTH
from iflytek_spark.gateway.store.usage import Row

MAX_ROWS = 50_000
"""Rows that wait while the database cannot be reached, of about 1 KB; further ones are dropped."""

_MAX_CODE = 2**63
_NOTHING = Usage(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Ended:
    """A request that has ended.

    Attributes:
        record: what is known of it, as it will stay.
        route: the path with its parameters' names in place of their values.
        time: when it ended, in seconds since 1970.
        seconds: how long it took.
        usage: its tokens.
        estimated: whether these were estimated.
    """

    record: RequestLogRecord
    route: str
    time: float
    seconds: float
    usage: Usage
    estimated: bool


class UsageLog:
    """Rows on their way to the database.

    The event loop appends, a thread that estimates does too, and another takes; none waits for a
    database here. What a key has used in all is counted where rows are appended and where they are
    written, so the difference is what is not yet written.

    Attributes:
        dropped: how many rows were lost.
    """

    def __init__(self, on_drop: Callable[[], object]) -> None:
        """Start empty, with what is called for each row that is lost."""
        self._on_drop = on_drop
        self._waiting: deque[Ended] = deque()
        self._appended: dict[str, int] = defaultdict(int)
        self._adding = threading.Lock()
        self._estimating = ThreadPoolExecutor(1, thread_name_prefix="gateway-estimates")
        self.dropped = 0

    def add(self, route: str, record: RequestLogRecord, ended: float) -> None:
        """Note a request that has ended, at a moment of its record's clock.

        Requests without a known key are left out: they have used nothing, and anybody can send as
        many as he likes.
        """
        if not record.caller:
            return
        estimate, usage = record.estimate, record.usage
        seconds = ended - record.started
        if usage is None and estimate is not None and _was_answered(record):
            now = time.time()

            def append() -> None:
                self._append(Ended(record, route, now, seconds, estimate(), estimated=True))

            self._estimating.submit(append)
            return
        tokens = usage or _NOTHING
        self._append(Ended(record, route, time.time(), seconds, tokens, record.estimated))

    def unwritten(self, name: str, written: Mapping[str, int]) -> int:
        """Return how many tokens of a key are not in the database.

        Args:
            name: the key's.
            written: for each key, how many were, of those that this process has noted.
        """
        return max(0, self._appended[name] - written.get(name, 0))

    def take(self, limit: int) -> list[Row]:
        """Take rows, the oldest first."""
        rows: list[Row] = []
        while self._waiting and len(rows) < limit:
            rows.append(_row(self._waiting.popleft()))
        return rows

    def drop(self, count: int) -> None:
        """Count rows that are lost."""
        for _ in range(count):
            self.dropped += 1
            self._on_drop()

    def close(self) -> None:
        """Wait for what is being estimated."""
        self._estimating.shutdown()

    def _append(self, ended: Ended) -> None:
        if len(self._waiting) >= MAX_ROWS:
            self.drop(1)
            return
        with self._adding:
            self._appended[ended.record.caller] += countable(ended.usage.total_tokens)
        self._waiting.append(ended)


def _was_answered(record: RequestLogRecord) -> bool:
    return record.client_disconnected or record.status == 200


def _row(ended: Ended) -> Row:
    record, usage = ended.record, ended.usage
    first = record.first_token
    return {
        "time": utc(ended.time),
        "day": day_of(ended.time),
        "request_id": _text(record.request_id),
        "key": _text(record.caller),
        "model": _text(record.model),
        "account": _text(record.account),
        "wire": _text(record.wire),
        "route": _text(ended.route),
        "streamed": record.streamed,
        "prompt_tokens": countable(usage.prompt_tokens),
        "completion_tokens": countable(usage.completion_tokens),
        "total_tokens": countable(usage.total_tokens),
        "estimated": ended.estimated,
        "first_token_ms": None if first is None else round((first - record.started) * 1000),
        "total_ms": round(ended.seconds * 1000),
        "status": record.status,
        "sid": _text(record.sid),
        "error": _text(record.error),
        "spark_code": _code(record.error_code),
    }


def _code(code: int | None) -> int | None:
    """Return a code as far as a column holds it: the service may send any number."""
    return code if code is None or abs(code) < _MAX_CODE else None


def _text(value: str) -> str:
    """Return what every database takes: PostgreSQL refuses a zero byte, and half a character."""
    return encodable(value).replace("\0", "")[:TEXT_LENGTH]
