"""The JSON of ``/operator/…``: what the operator's page, and programs, send and read.

Every request needs ``Authorization: Bearer KEY`` with a key of ``operator_keys``; without that
setting these routes are a 404. Errors have OpenAI's form, as everywhere.

- ``GET /operator/keys`` → :class:`KeyList`
- ``POST /operator/keys`` with :class:`NewKey` → 201, :class:`MadeKey`
- ``POST /operator/keys/{id}/revoke`` with ``{}`` → :class:`KeyInfo`
- ``GET /operator/usage?by=key|model|day|account&since=7d&key=NAME`` → :class:`UsageReport`
- ``GET /operator/accounts`` → :class:`AccountList`
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

By: TypeAlias = Literal["key", "model", "day", "account"]
"""What usage is summed by."""

KeyState: TypeAlias = Literal["active", "expired", "revoked"]

ModelNames: TypeAlias = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
Limit: TypeAlias = Annotated[int, Field(ge=1, le=10**15)]


class KeyLimits(TypedDict):
    """What a key may do.

    Attributes:
        models: the only models that it may use, or None for all.
        requests_per_minute: None for the gateway's own limit.
        concurrent_requests: None for the gateway's own limit.
        tokens_per_day: None for no budget.
        tokens_per_month: None for no budget.
    """

    models: list[str] | None
    requests_per_minute: int | None
    concurrent_requests: int | None
    tokens_per_day: int | None
    tokens_per_month: int | None


class KeyInfo(KeyLimits):
    """A key, without the key itself.

    Attributes:
        id: for the address of its routes; empty for a key of the configuration.
        name: what usage and the log call it.
        source: a key of the configuration can only be changed there.
        state: whether it is admitted.
        created: when, in ISO 8601 and UTC; None for a key of the configuration.
        expires: when it ends by itself, or None.
        revoked: when it was revoked, or None.
        tokens_today: what it has used since midnight, on the clock of the gateway's machine.
        tokens_this_month: what it has used since the first of the month.
    """

    id: str
    name: str
    source: Literal["store", "configuration"]
    state: KeyState
    created: str | None
    expires: str | None
    revoked: str | None
    tokens_today: int
    tokens_this_month: int


class KeyList(TypedDict):
    """All keys: those of the store, the newest first, then those of the configuration."""

    object: Literal["list"]
    data: list[KeyInfo]


class MadeKey(KeyInfo):
    """A key that has just been made.

    Attributes:
        key: the key itself, which is shown this once.
    """

    key: str


class NewKey(BaseModel):
    """The body of ``POST /operator/keys``."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=64, description="No two keys in use share one")
    expires: str | None = Field(None, description="A time from now (12h, 30d), or a date")
    models: ModelNames | None = None
    requests_per_minute: Limit | None = None
    concurrent_requests: Limit | None = None
    tokens_per_day: Limit | None = None
    tokens_per_month: Limit | None = None


class Used(TypedDict):
    """What was used.

    Attributes:
        name: the key, the model, the day (``2026-11-28``) or the account; empty where there was
            none, as of a refused request.
        requests: all that have ended.
        errors: those of them with a status of 400 or more.
        prompt_tokens: as the service counts, or as estimated.
        completion_tokens: as the service counts, or as estimated.
        total_tokens: as the service counts, or as estimated.
        estimated_tokens: how many of the total were estimated, since the service sent no count.
        seconds: how long the requests took, together.
    """

    name: str
    requests: int
    errors: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    estimated_tokens: int
    seconds: float


class UsageReport(TypedDict):
    """Usage since a day, summed.

    Attributes:
        by: what each row stands for.
        since: the first day.
        until: today.
        rows: most tokens first; days in their order, without those on which nothing was asked.
        total: of all rows; its name is empty.
    """

    object: Literal["usage"]
    by: By
    since: str
    until: str
    rows: list[Used]
    total: Used


class ModelSetAside(TypedDict):
    """Why an account is not asked for a model.

    Attributes:
        until: the moment from which on it is, in seconds since 1970.
        reason: the class of the error that it answered, and Spark's code.
    """

    until: float
    reason: str


class AccountInfo(TypedDict):
    """What the worker that answers knows of an account; each worker knows its own requests.

    Attributes:
        name: as the configuration has it.
        products: those that it has a limit for.
        in_flight: requests under way.
        waiting: requests that wait for its turn.
        sent: requests that it was asked, by product.
        set_aside: the models for which it is not asked now.
    """

    name: str
    products: list[str]
    in_flight: int
    waiting: int
    sent: dict[str, int]
    set_aside: dict[str, ModelSetAside]


class AccountList(TypedDict):
    """All accounts, in the order of the configuration."""

    object: Literal["list"]
    data: list[AccountInfo]
