"""One Spark account: its client, its turns, and whether it is asked now."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

from iflytek_spark import AsyncSparkClient
from iflytek_spark.errors import SparkError
from iflytek_spark.gateway.accounts.metrics import AccountMetrics
from iflytek_spark.gateway.accounts.queue import FairQueue
from iflytek_spark.gateway.accounts.settings import AccountSettings
from iflytek_spark.gateway.accounts.turns import Turns
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
        waiting: requests that wait for a turn of whichever account.
        sent: requests that it was sent, by product.
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
        client: what asks Spark by this account; set by who makes it.
        turns: its turns, by product.
    """

    client: AsyncSparkClient

    def __init__(
        self,
        name: str,
        settings: AccountSettings,
        store: RateStore,
        queues: Mapping[Product, FairQueue],
        metrics: AccountMetrics,
    ) -> None:
        """Set up, with turns that a store counts and that queues wait for."""
        self.name = name
        self._metrics = metrics
        self._queues = queues
        self._set_aside: dict[str, tuple[float, SetAside]] = {}
        key = account_of(settings.credentials())
        self._limits = {product: settings.limit(product) for product in PRODUCTS}
        self.turns = {
            product: Turns(name, store, f"{key}:{product}", limit)
            for product, limit in self._limits.items()
        }

    def turn(self, product: Product, account: str) -> Turn:
        """Return the turn that was taken for this request, or a place in the queue.

        A request that is tried again, or is sent in parts, takes further turns.
        """
        held = _IN_HAND.get(None)
        if held is not None and held.fits(self, product):
            return held
        return AccountTurn(self, product, self._queues[product])

    def serves(self, model: str) -> bool:
        """Return whether it may be asked for a model now."""
        self._forget()
        return model not in self._set_aside

    def set_aside(self, model: str, error: SparkError, seconds: float) -> None:
        """Ask it no more for a model for a while; who waits for it alone waits no more."""
        if not self.serves(model):
            return
        reason = " ".join(map(str, filter(None, (type(error).__name__, error.code))))
        aside = SetAside(time.time() + seconds, reason)
        self._set_aside[model] = time.monotonic() + seconds, aside
        self._metrics.set_aside.labels(self.name).set(len(self._set_aside))
        _LOG.warning(
            "the account %s is not asked for %s for %g s: %s", self.name, model, seconds, error
        )
        for queue in self._queues.values():
            queue.look()

    def failed(self, error: SparkError) -> None:
        """Count what it failed with."""
        self._metrics.errors.labels(self.name, type(error).__name__).inc()

    def sent(self, product: Product) -> None:
        """Count a request."""
        self._metrics.requests.labels(self.name, product).inc()

    def state(self) -> AccountState:
        """Return what is known of it now."""
        self._forget()
        return AccountState(
            self.name,
            tuple(product for product, limit in self._limits.items() if limit),
            sum(turns.in_flight for turns in self.turns.values()),
            sum(queue.waiting for queue in self._queues.values()),
            {product: turns.sent for product, turns in self.turns.items() if turns.sent},
            {model: aside for model, (_, aside) in self._set_aside.items()},
        )

    def _forget(self) -> None:
        now = time.monotonic()
        over = [model for model, (end, _) in self._set_aside.items() if end <= now]
        for model in over:
            del self._set_aside[model]
        if over:
            self._metrics.set_aside.labels(self.name).set(len(self._set_aside))


class AccountTurn:
    """A turn of an account; see :class:`iflytek_spark.rates.Turn`."""

    def __init__(
        self, account: Account, product: Product, queue: FairQueue, ticket: str | None = None
    ) -> None:
        """Set up, with the ticket of a turn that was taken, or to wait for one in a queue."""
        self._account = account
        self._product: Product = product
        self._queue = queue
        self._turns = account.turns[product]
        self._ticket = ticket
        self._used = False

    def fits(self, account: Account, product: Product) -> bool:
        """Return whether this is a turn of such a request, and not used yet; now it is."""
        fits = not self._used and (account, product) == (self._account, self._product)
        self._used = self._used or fits
        return fits

    def hold(self) -> None:
        """Let the next request of this task take this turn."""
        _IN_HAND.set(self)

    def drop(self) -> None:
        """Give it back, if no request has taken it."""
        if not self._used:
            self.release()

    def ask(self) -> float:
        """Raise NotImplementedError."""
        raise NotImplementedError("the gateway asks in its event loop")

    async def aask(self) -> float:
        """Wait for the turn, whatever that takes."""
        if self._ticket is None:
            caller = current_record().caller
            _, self._ticket = await self._queue.turn(caller, lambda: [self._turns])
        return 0.0

    def sent(self) -> None:
        """Count the request."""
        self._account.sent(self._product)
        self._turns.note_sent(self._ticket or "")

    def release(self) -> None:
        """Give the turn back, if it has come; others may take it."""
        ticket, self._ticket = self._ticket, None
        if ticket is not None:
            self._turns.release(ticket)
            self._queue.look(self._turns)


_IN_HAND: ContextVar[AccountTurn] = ContextVar("spark_account_turn")
