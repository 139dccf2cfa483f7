"""Asks rows by calls of their own, some at once; each result is recorded before a slot is free."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Generic, Protocol, Self, TypeVar

from iflytek_spark.errors import (
    AuthenticationError,
    ConfigurationError,
    JobError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RateStoreError,
    SparkError,
)
from iflytek_spark.jobs.results import Result, failed


class Item(Protocol):
    """What is asked at once: a row or a few."""

    @property
    def rows(self) -> Sequence[int]:
        """The numbers of its rows."""

    def alone(self) -> Sequence[Self]:
        """Return each of its rows as an item of its own."""


T = TypeVar("T", bound=Item)

_OF_THE_ACCOUNT = (
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    PermissionDeniedError,
    RateStoreError,
)
_MAX_STREAK = 20
"""Rows that fail one after another for reasons that may pass: then the service is down."""


class LiveRun(Generic[T]):
    """One run over items.

    What ``record`` is given is kept before the next item is taken, so that a crash loses at most
    the items under way: as many as run at once.
    """

    def __init__(
        self,
        ask: Callable[[T], list[Result]],
        record: Callable[[Sequence[Result]], object],
        concurrency: int,
    ) -> None:
        """Set up.

        Args:
            ask: asks about an item in a thread, and returns its results; it raises a SparkError
                when the call has failed for good.
            record: keeps results; called in the caller's thread.
            concurrency: items that are asked at once, 1 or more.
        """
        self._ask = ask
        self._record = record
        self._concurrency = concurrency
        self._pool = ThreadPoolExecutor(concurrency, "spark-job")
        self._pending: dict[Future[list[Result]], T] = {}
        self._ready: list[Result] = []
        self._withheld: list[Result] = []
        self._answered = False

    def run(self, items: Iterable[T]) -> None:
        """Ask about all items.

        Raises:
            JobError: when the account or the service fails, so that going on would make errors of
                all rows; those that failed are asked again by the next run.
            KeyboardInterrupt: after what is under way has been recorded.
        """
        with self._pool:
            try:
                for item in items:
                    self._make_room(self._concurrency - 1)
                    self._pending[self._pool.submit(self._ask, item)] = item
                self._make_room(0)
            except BaseException:
                self._keep_what_is_under_way()
                raise
        self._end()

    def _make_room(self, most: int) -> None:
        while len(self._pending) > most:
            done, _ = wait(self._pending, return_when=FIRST_COMPLETED)
            try:
                for future in done:
                    self._take(future, self._pending.pop(future))
            finally:
                self._flush()

    def _take(self, future: Future[list[Result]], item: T) -> None:
        error = future.exception()
        if error is None:
            self._answered = True
            self._ready += [*self._withheld, *future.result()]
            self._withheld = []
        elif not isinstance(error, SparkError):
            raise error
        elif of_the_account(error):
            raise stopped(error) from error
        elif error.retryable:
            self._withhold(item, error)
        elif len(item.rows) > 1:  # one of them may be at fault
            for part in item.alone():
                self._take(self._pool.submit(self._ask, part), part)
        else:
            self._ready += [failed(row, error) for row in item.rows]

    def _withhold(self, item: T, error: SparkError) -> None:
        """Wait for a success before a failure that may pass is the row's own."""
        self._withheld += [failed(row, error) for row in item.rows]
        if len(self._withheld) >= _MAX_STREAK * len(item.rows):
            raise stopped(error) from error

    def _end(self) -> None:
        """Let the last failures be the rows' own, unless nothing went well."""
        if len(self._withheld) > 1 and not self._answered:
            raise JobError(
                f"every call failed, the last with: {self._withheld[-1].error_message}",
                hint="nothing is lost: run the same job again when the service can be reached",
            )
        self._ready += self._withheld
        self._flush()

    def _flush(self) -> None:
        """Record all that has come in one go: each costs a write to the disk."""
        if self._ready:
            self._record(self._ready)
            self._ready = []

    def _keep_what_is_under_way(self) -> None:
        """Wait for calls that are paid for already, and record what went well."""
        running = [future for future in self._pending if not future.cancel()]
        wait(running)
        for future in running:
            if future.exception() is None:
                self._ready += future.result()
        self._flush()


def of_the_account(error: SparkError) -> bool:
    """Return whether every further row would fail the same way: a key, a right, a day's limit."""
    daily = isinstance(error, RateLimitError) and not error.retryable
    return daily or isinstance(error, _OF_THE_ACCOUNT)


def stopped(error: SparkError) -> JobError:
    """Return what a job ends with that can go on later."""
    return JobError(
        f"the job has stopped: {error}",
        code=error.code,
        sid=error.sid,
        hint="what is done is kept: run the same job again when that is mended",
    )
