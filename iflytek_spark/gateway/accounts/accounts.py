"""All accounts: which is asked, and what happens when it cannot answer."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeVar

from iflytek_spark import AsyncSparkClient
from iflytek_spark.errors import MissingCredentialsError, SparkError
from iflytek_spark.gateway.accounts.account import Account, AccountState, AccountTurn
from iflytek_spark.gateway.accounts.fallbacks import (
    FallbackModels,
    is_the_accounts,
    may_go_elsewhere,
)
from iflytek_spark.gateway.accounts.metrics import AccountMetrics
from iflytek_spark.gateway.accounts.queue import FairQueue, SetAsideError
from iflytek_spark.gateway.accounts.settings import AccountSettings
from iflytek_spark.gateway.accounts.turns import Turns
from iflytek_spark.gateway.middleware.request_log_record import current_record
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.gateway.openai.model_names import ModelNames
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.rates import PRODUCTS, Product, RateStore

_T = TypeVar("_T")


class Accounts:
    """The accounts of a gateway.

    Attributes:
        fallbacks: the models that answer in place of others.
        fallback_on: for which causes.
        begin_timeout: seconds to the first token, of all tries by all accounts and models, and of
            waiting for them.
        metrics: what is counted of them.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        store: RateStore,
        metrics: AccountMetrics,
        make_client: Callable[[AccountSettings, Account], AsyncSparkClient],
    ) -> None:
        """Set up.

        Args:
            settings: the gateway's.
            store: where turns are counted.
            metrics: counts.
            make_client: makes the client of an account, which it takes as its rate.

        Raises:
            ConfigurationError: for an account's address that cannot be used.
        """
        routing = settings.routing
        self.fallbacks = FallbackModels(routing.fallbacks, ModelNames(settings.models))
        self.fallback_on = routing.fallback_on
        self.metrics = metrics
        self._set_aside = routing.set_aside
        self._lacking: set[tuple[str, str]] = set()
        self._queues = {
            product: FairQueue(
                max_wait=routing.max_wait,
                max_waiting=routing.max_waiting,
                on_change=metrics.waiting.labels(product).set,
            )
            for product in PRODUCTS
        }
        self.begin_timeout = routing.max_wait + settings.first_token_timeout
        self._store = store
        self._make_client = make_client
        self._loop: asyncio.AbstractEventLoop | None = None
        self._settings: Mapping[str, AccountSettings] = {}
        self._accounts: list[Account] = []
        self.replace(settings.accounts)

    def replace(self, settings: Mapping[str, AccountSettings]) -> None:
        """Have these accounts from now on; what they have under way goes on. From any thread.

        Args:
            settings: by name, at least one; an account that is the same as before is kept.

        Raises:
            ConfigurationError: for an address that cannot be used; then nothing is changed.
        """
        known = {account.name: account for account in self._accounts}
        accounts = [
            known[name] if self._settings.get(name) == one else self._new(name, one)
            for name, one in settings.items()
        ]
        gone = [account for account in self._accounts if account not in accounts]
        self._accounts, self._settings = accounts, dict(settings)
        if self._loop is not None:  # else none has been asked yet
            self._loop.call_soon_threadsafe(self._leave, gone)

    def _new(self, name: str, settings: AccountSettings) -> Account:
        account = Account(name, settings, self._store, self._queues, self.metrics)
        account.client = self._make_client(settings, account)
        return account

    def _leave(self, gone: Collection[Account]) -> None:
        """Close what accounts keep ready that are no more; who waits looks for others."""
        self._lacking.clear()
        for account in gone:
            account.client.close()
            self.metrics.set_aside.labels(account.name).set(0)
        for queue in self._queues.values():
            queue.look()

    def states(self) -> list[AccountState]:
        """Return what this worker knows of each account now."""
        return [account.state() for account in self._accounts]

    def troubles(self) -> list[str]:
        """Say which accounts are not asked now, for what, and why."""
        return [
            f"the account {state.name} is not asked for {model}: {aside.reason}"
            for state in self.states()
            for model, aside in state.set_aside.items()
        ]

    def any(self) -> Account:
        """Return an account whose client can check a request."""
        return self._accounts[0]

    async def ask(
        self, product: Product, model: str, attempt: Callable[[Account], Awaitable[_T]]
    ) -> _T:
        """Try an account after another, until one answers.

        Args:
            product: what is asked for.
            model: the catalogue's name of what answers.
            attempt: asks an account; what it raises was before the first token.

        Raises:
            SparkError: that another account would not mend, or the last one's.
            GatewayError: when no account may be asked; or of the queue.
        """
        tried: list[Account] = []
        failure: SparkError | None = None
        while self._fit(product, model, tried):
            try:
                account, turn = await self._turn(product, model, tried)
                turn.hold()
                try:
                    result = await attempt(account)
                finally:
                    turn.drop()
            except SetAsideError:
                continue
            except SparkError as error:
                if not self._goes_elsewhere(account, model, error):
                    raise
                tried.append(account)
                failure = error
            else:
                current_record().account = account.name
                return result
        raise self._nobody(model, failure)

    async def _turn(
        self, product: Product, model: str, tried: Collection[Account]
    ) -> tuple[Account, AccountTurn]:
        """Wait for a turn of whichever account may be asked."""
        queue, self._loop = self._queues[product], asyncio.get_running_loop()

        def fit() -> list[Turns]:
            return [account.turns[product] for account in self._fit(product, model, tried)]

        turns, ticket = await queue.turn(current_record().caller, fit)
        account = next((one for one in self._accounts if one.turns[product] is turns), None)
        if account is None:  # it was replaced meanwhile
            turns.release(ticket)
            raise SetAsideError
        return account, AccountTurn(account, product, queue, ticket)

    def _fit(self, product: Product, model: str, tried: Collection[Account]) -> list[Account]:
        """Return the accounts that may be asked for a model now, the least busy first."""
        fit = [
            account
            for account in self._accounts
            if account not in tried
            and account.serves(model)
            and (account.name, model) not in self._lacking
        ]
        return sorted(fit, key=lambda account: account.turns[product].load)

    def _goes_elsewhere(self, account: Account, model: str, error: SparkError) -> bool:
        """Take note of an account's failure; return whether another one is asked."""
        account.failed(error)
        if isinstance(error, MissingCredentialsError):
            self._lacking.add((account.name, model))
        elif is_the_accounts(error):
            account.set_aside(model, error, self._set_aside)
        return may_go_elsewhere(error)

    def _nobody(self, model: str, failure: SparkError | None) -> Exception:
        """Return what a caller is told when all have failed: their keys are not the caller's."""
        no_right = isinstance(failure, MissingCredentialsError)
        if failure is not None and not no_right and not is_the_accounts(failure):
            return failure
        now = time.time()
        ends = [
            state.set_aside[model].until - now
            for state in self.states()
            if model in state.set_aside
        ]
        return GatewayError(
            ErrorRow.NO_ACCOUNT,
            f"no Spark account of the gateway's may ask {model} now: its operator's log says why",
            headers={"retry-after": str(max(math.ceil(min(ends, default=60.0)), 1))},
        )
