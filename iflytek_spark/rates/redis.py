"""Turns that the processes of several machines share, in Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from iflytek_spark.errors import ConfigurationError, RateStoreError
from iflytek_spark.rates import redis_scripts as scripts
from iflytek_spark.rates.holder import LAPSE_SECONDS, SharedStore
from iflytek_spark.rates.ledger import LEAD_GROWTH, LEAD_SHARE, LEAD_STEP, POLL_SECONDS
from iflytek_spark.rates.limits import Limit

if TYPE_CHECKING:
    from redis import Redis
    from redis.commands.core import Script

_TIMEOUT = 2.0
"""Seconds that a turn waits for Redis."""
_CONNECTIONS = 16
_KEPT_MS = 120_000
"""How long what holds no longer is kept."""


class RedisStore(SharedStore):
    """Counts in Redis, for all processes that name the same. It cannot be pickled: it has a key."""

    def __init__(self, url: str, *, lapse: float = LAPSE_SECONDS) -> None:
        """Set up; it connects with the first turn, which takes a second in a new Redis.

        Args:
            url: ``redis://:password@host:6379/0`` or ``rediss://…``.
            lapse: seconds after which the turns of a process that died are free again.

        Raises:
            ConfigurationError: when the package ``redis`` is missing, or for another address.
        """
        super().__init__(_Scripts(url), lapse)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a RedisStore holds a password: make it where it is used")


class _Scripts:
    """The scripts, on a server."""

    def __init__(self, url: str) -> None:
        try:
            from redis.exceptions import RedisError
        except ImportError as error:
            raise ConfigurationError(
                "RedisStore needs the package redis", hint='pip install "iflytek-spark[rates]"'
            ) from error
        self._error = RedisError
        client = _client(url)
        self._take = client.register_script(scripts.TAKE)
        self._sent = client.register_script(scripts.SENT)
        self._release = client.register_script(scripts.RELEASE)
        self._renew = client.register_script(scripts.RENEW)

    def take(self, place: str, ticket: str, limit: Limit, lapse: float) -> float:
        rate = (limit.interval, limit.burst, limit.window)
        given = (ticket, *rate, limit.at_once or 0, lapse, POLL_SECONDS)
        return float(self._run(self._take, place, (*given, _KEPT_MS, LEAD_SHARE)))

    def sent(self, place: str, ticket: str, age: float, took: float) -> None:
        self._run(self._sent, place, (ticket, age, took, LEAD_GROWTH, LEAD_STEP, _KEPT_MS))

    def release(self, place: str, ticket: str) -> None:
        self._run(self._release, place, (ticket,))

    def renew(self, place: str, ticket: str, limit: Limit, lapse: float) -> None:
        self._run(self._renew, place, (ticket, lapse, int(limit.at_once is not None)))

    def _run(self, script: Script, place: str, arguments: tuple[str | float, ...]) -> bytes:
        try:
            answer: bytes = script(scripts.keys_of(place), arguments)
        except self._error as error:
            raise RateStoreError(
                f"the rate cannot be counted, since Redis cannot be reached: {error}",
                hint="nothing was sent to Spark",
            ) from error
        return answer


def _client(url: str) -> Redis:
    """Make a client that connects when it is used, and tries a second time at once.

    A connection that it kept may be dead. When none is left, callers wait for one.
    """
    from redis import BlockingConnectionPool, Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_TIMEOUT,
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError as error:
        raise ConfigurationError("the address of Redis is none, like redis://host:6379") from error
    return Redis.from_pool(pool)
