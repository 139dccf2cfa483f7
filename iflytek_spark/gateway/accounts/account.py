"""One Spark account: its client, its queues, and whether it is asked now."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from iflytek_spark import AsyncSparkClient
from iflytek_spark.errors import SparkError
from iflytek_spark.gateway.accounts.metrics import AccountMetrics
from iflytek_spark.gateway.accounts.queue import FairQueue, SetAsideError
from iflytek_spark.gateway.accounts.settings import AccountSettings, RoutingSettings
from iflytek_spark.gateway.middleware.request_log_record import current_record
from iflytek_spark.rates import PRODUCTS, Product, RateStore, Turn, account_of

_LOG = logging.getLogger("iflytek_spark.gateway")


@dataclass(frozen=True, slots=True)
class SetAside:
    """Why an account is not asked.

    Attributes:
        until: the moment from which on it is, in seconds since 1970.
        reason: the class of the error that it answered, and Spark's code.
    """

    until: float
    reason: str


@dataclass(frozen=True, slots=True)
class AccountState:
    """What a worker knows of an account now.

    Attributes:
        name: as the configuration has it.
        products: those that it has a limit for.
        in_flight: requests under way.
        waiting: requests that wait for its turn.
        sent: requests that it was asked, by product.
        set_aside: the models for which it is not asked.
    """

    name: str
    products: tuple[Product, ...]
    in_flight: int
    waiting: int
    sent: dict[Product, int] = field(default_factory=dict)
    set_aside: dict[str, SetAside] = field(default_factory=dict)


class Account:
    """An account that requests may be sent by; it is what its own client takes as ``rate=``.

    Attributes:
        name: as the configuration has it.
        client: what asks Spark by this account.
        in_flight: requests under way.
        sent: requests that it was asked, by product.
    """

    def __init__(
        self,
        name: str,
        settings: AccountSettings,
        routing: RoutingSettings,
        store: RateStore,
        metrics: AccountMetrics,
    ) -> None:
        """Set up; :attr:`client` is set by who makes clients."""
        self.name = name
        self.client: AsyncSparkClient
        self.in_flight = 0
        self.sent: Counter[Product] = Counter()
        self._metrics = metrics
        self._seconds = routing.set_aside
        self._set_aside: dict[str, tuple[float, SetAside]] = {}
        key = account_of(settings.credentials())
        limits = {product: settings.limit(product) for product in PRODUCTS}
        self._queues = {
            product: FairQueue(
                store,
                f"{key}:{product}",
                limit,
                max_wait=routing.max_wait,
                max_waiting=routing.max_waiting,
            )
            for product, limit in limits.items()
            if limit is not None
        }

    def turn(self, product: Product, account: str) -> Turn:
        """Return a place in the queue of a product, for the request whose task this is."""
        caller = current_record().caller
        return _AccountTurn(self, product, self._queues.get(product), caller)

    def load(self, product: Product) -> tuple[float, int, int]:
        """Return how busy the account is; the least is asked first."""
        queue = self._queues.get(product)
        wait = queue.expected_wait() if queue else 0.0
        return wait, self.in_flight, self.sent.total()

    def serves(self, model: str) -> bool:
        """Return whether it may be asked for a model now."""
        self._forget()
        return model not in self._set_aside

    def set_aside(self, model: str, error: SparkError) -> None:
        """Ask it no more for a model for a while; who waits for it goes elsewhere."""
        if not self.serves(model):
            return
        reason = " ".join(map(str, filter(None, (type(error).__name__, error.code))))
        aside = SetAside(time.time() + self._seconds, reason)
        self._set_aside[model] = time.monotonic() + self._seconds, aside
        self._metrics.set_aside.labels(self.name).set(len(self._set_aside))
        _LOG.warning(
            "the account %s is not asked for %s for %g s: %s",
            self.name, model, self._seconds, error,
        )  # fmt: skip
        for queue in self._queues.values():
            queue.refuse(SetAsideError())

    def failed(self, error: SparkError) -> None:
        """Count what it failed with."""
        self._metrics.errors.labels(self.name, type(error).__name__).inc()

    def state(self) -> AccountState:
        """Return what is known of it now."""
        self._forget()
        return AccountState(
            self.name,
            tuple(self._queues),
            self.in_flight,
            sum(queue.waiting for queue in self._queues.values()),
            dict(self.sent),
            {model: aside for model, (_, aside) in self._set_aside.items()},
        )

    def _forget(self) -> None:
        now = time.monotonic()
        over = [model for model, (end, _) in self._set_aside.items() if end <= now]
        for model in over:
            del self._set_aside[model]
        if over:
            self._metrics.set_aside.labels(self.name).set(len(self._set_aside))

    def began(self, product: Product) -> None:
        """Count a request."""
        self.in_flight += 1
        self.sent[product] += 1
        self._metrics.requests.labels(self.name, product).inc()

    def ended(self) -> None:
        """Count its end."""
        self.in_flight -= 1


class _AccountTurn:
    """A turn of an account; see :class:`iflytek_spark.rates.Turn`."""

    def __init__(
        self, account: Account, product: Product, queue: FairQueue | None, caller: str
    ) -> None:
        self._account = account
        self._product: Product = product
        self._queue = queue
        self._caller = caller
        self._ticket = ""
        self._release: Callable[[], None] | None = None

    def ask(self) -> float:
        raise NotImplementedError("the gateway asks in its event loop")

    async def aask(self) -> float:
        """Wait for the turn, whatever that takes."""
        if self._queue is not None:
            self._ticket = await self._queue.turn(self._caller)
        self._account.began(self._product)
        self._release = self._account.ended
        return 0.0

    def sent(self) -> None:
        if self._queue is not None:
            self._queue.sent(self._ticket)

    def release(self) -> None:
        release, self._release = self._release, None
        if release is not None:
            release()
            if self._queue is not None:
                self._queue.release(self._ticket)
