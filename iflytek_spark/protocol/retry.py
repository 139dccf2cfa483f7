"""When a failed call is tried again, and after how long."""

from __future__ import annotations

from dataclasses import dataclass

from iflytek_spark.errors import APIError, ConfigurationError, SparkError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential waits with jitter, before the first event only.

    Attributes:
        max_retries: further tries after the first, 0 or more.
        base: seconds before the first retry, doubled for each further one.
        limit: the longest wait in seconds.
    """

    max_retries: int = 2
    base: float = 0.5
    limit: float = 8.0

    def __post_init__(self) -> None:
        """Refuse a number of tries that is none."""
        tries = self.max_retries
        if isinstance(tries, bool) or not isinstance(tries, int) or tries < 0:
            raise ConfigurationError(f"max_retries is {tries!r}, not 0 or more")

    def delay(self, error: SparkError, attempt: int, emitted: bool, jitter: float) -> float | None:
        """Decide on one failure.

        Args:
            error: what went wrong.
            attempt: tries that failed before this one, from 0.
            emitted: whether the caller has seen a part of the answer: a second try would then
                repeat it.
            jitter: a random number from 0 to 1; the wait is shortened by up to half.

        Returns:
            Seconds to wait before the next try, or None to give up.
        """
        if emitted or not error.retryable or attempt >= self.max_retries:
            return None
        if isinstance(error, APIError) and error.retry_after is not None:
            return error.retry_after
        return min(self.limit, self.base * 2.0**attempt) * (1 - jitter / 2)
