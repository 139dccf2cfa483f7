"""What both clients of the Batch API share: their settings, and how a call is set out on."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic

from iflytek_spark.assumptions import MAX_RESPONSE_BYTES
from iflytek_spark.batches.input_files import InputFile
from iflytek_spark.batches.results import RequestOf, ResultJoiner
from iflytek_spark.credentials import Credentials
from iflytek_spark.endpoint import Endpoint
from iflytek_spark.errors import ConfigurationError, InvalidRequestError
from iflytek_spark.models.batches import Batch, BatchFile
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.bearer import open_key
from iflytek_spark.protocol.call import CallContext
from iflytek_spark.protocol.reading import Reading
from iflytek_spark.protocol.retry import RetryPolicy
from iflytek_spark.protocol.steps import Clock
from iflytek_spark.timeouts import Timeouts
from iflytek_spark.transports.base import AnyTransport, ConnectionOptions, Pool
from iflytek_spark.transports.clock import SYSTEM_CLOCK
from iflytek_spark.transports.opening import TransportKind

_TRANSFER = 3600.0
"""Seconds that a call may take by default: 100 MB over a slow line."""


class BaseBatchClient(Generic[AnyTransport]):
    """What both clients know."""

    _kind: TransportKind[AnyTransport]

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        base_url: str | Endpoint | None = None,
        timeout: Timeouts | float | None = None,
        max_retries: int = 2,
        proxy: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        clock: Clock = SYSTEM_CLOCK,
        strict: bool = False,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
    ) -> None:
        """Set up a client. It opens nothing, and may be shared by threads and event loops.

        Args:
            credentials: the account's, with an APIPassword or key and secret; from the environment
                by default.
            base_url: another address, ``SPARK_BASE_URL`` by default; without a path it replaces
                scheme and host only.
            timeout: the time-outs of one call, or seconds for all of it: an hour by default, which
                a large file may need.
            max_retries: further tries after a failure that may pass, 0 or more.
            proxy: ``http://…`` or ``socks5h://…``; an empty text for none; else the environment's.
            ssl_context: your own CA; certificates are always verified.
            clock: time and chance.
            strict: whether deviations of an answer, by default only named, are an error.
            max_response_bytes: the most that one answer may have, 1 or more; 64 MB by default.

        Raises:
            MissingCredentialsError: when there is no key for the Batch API.
            ConfigurationError: for another unusable setting.
        """
        self._credentials = credentials.with_keys() if credentials else Credentials.from_env()
        open_key(self._credentials)
        self._url = Endpoint.from_env(None, base_url).batch_url()
        self._timeouts = Timeouts(total=_TRANSFER) if timeout is None else Timeouts.of(timeout)
        self._retry = RetryPolicy(max_retries)
        self._reading = Reading(strict, max_response_bytes)
        self._route = ConnectionOptions(proxy, ssl_context)
        self._clock = clock
        self._pool: Pool[AnyTransport] = self._kind.http()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r}, {self._credentials})"

    def close(self) -> None:
        """Close the connections that are kept open; the client may be used again."""
        self._pool.close()

    def _transport(self) -> AnyTransport:
        return self._pool(self._route)

    def _context(self) -> CallContext:
        return CallContext(
            self._credentials.with_keys(),
            self._url,
            self._clock,
            uuid.uuid4().hex,
            self._timeouts,
            self._retry,
            self._reading,
            proxies=self._route.proxies,
        )

    def _joiner(
        self,
        batch: Batch,
        ids: Iterable[str] | InputFile | None,
        requests: RequestOf | None,
        model: str | ModelSpec | None,
    ) -> ResultJoiner:
        """Return what reads the results of a batch.

        Raises:
            InvalidRequestError: for a batch that has no results yet.
        """
        if not (batch.ended or batch.output_file_id or batch.error_file_id):
            raise InvalidRequestError(
                f"the batch {batch.id} is {batch.status!r} and has no results yet",
                hint="wait() for it",
            )
        expected = ids.ids() if isinstance(ids, InputFile) else ids
        return ResultJoiner(batch, expected, requests, model, self._reading)


def result_files(batch: Batch) -> tuple[str, ...]:
    """Return the files of a batch that hold results, answers first."""
    named = (batch.output_file_id, batch.error_file_id)
    return tuple(dict.fromkeys(filter(None, named)))


def id_of(given: str | Batch | BatchFile) -> str:
    """Return an id that is given as such, or with what it is of.

    Raises:
        InvalidRequestError: for an empty one.
    """
    found = given if isinstance(given, str) else given.id
    if not found:
        raise InvalidRequestError("the id is empty")
    return found


def path_of(file: str | Path | InputFile) -> Path:
    """Return where a file is."""
    return file.path if isinstance(file, InputFile) else Path(file)


def check_waiting(interval: float, timeout: float | None) -> float:
    """Check how one waits, and return the time-out, which may be infinite.

    Raises:
        ConfigurationError: for seconds that are none.
    """
    for name, value in (("interval", interval), ("timeout", timeout)):
        if value is not None and (isinstance(value, bool) or not value > 0):
            raise ConfigurationError(f"{name} is {value!r}, not a number of seconds")
    return float("inf") if timeout is None else timeout


def no_progress(batch: Batch) -> None:
    """Do nothing: nobody wants to know."""


BatchProgress = Callable[[Batch], object]
"""Is told how a batch is doing each time that it was asked for."""
