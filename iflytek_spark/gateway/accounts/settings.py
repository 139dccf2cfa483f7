"""The accounts of a gateway, as its configuration has them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from iflytek_spark import Credentials
from iflytek_spark.errors import SparkError
from iflytek_spark.gateway.openai.model_names import known_names
from iflytek_spark.rates import Limit, Product

Cause: TypeAlias = Literal["entitlement", "context_length", "overload"]
"""Why another model may answer: no account may use the first, the conversation is too long for it,
or it fails or is too busy."""

_KEYS = ("app_id", "api_key", "api_secret", "api_password", "maas_api_key")


def _known(fallbacks: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    for name, others in fallbacks.items():
        known_names({name: name, **{other: other for other in others}})
    return fallbacks


Fallbacks = Annotated[Mapping[str, tuple[str, ...]], AfterValidator(_known)]
"""For a model's name, those that answer in its place, the first that can."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class AccountSettings(_Table):
    """One account of the iFlytek console.

    Attributes:
        app_id: APPID.
        api_key: APIKey.
        api_secret: APISecret.
        api_password: APIPassword of ``spark-api-open``.
        maas_api_key: the key of a MaaS service or plan.
        env: where the keys are in place of all these: ``SPARK_B`` for ``SPARK_B_APP_ID``,
            ``SPARK_B_API_KEY``, ``SPARK_B_API_SECRET``, ``SPARK_B_API_PASSWORD`` and
            ``SPARK_B_MAAS_API_KEY``.
        base_url: another address of Spark for this account; the gateway's by default.
        requests_per_second: what the account may ask of each product; no limit by default.
        at_once: requests of each product that it may have under way.
    """

    app_id: str = ""
    api_key: SecretStr = SecretStr("")
    api_secret: SecretStr = SecretStr("")
    api_password: SecretStr = SecretStr("")
    maas_api_key: SecretStr = SecretStr("")
    env: str | None = Field(None, pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    base_url: str | None = None
    requests_per_second: Mapping[Product, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = (
        Field(default_factory=dict)
    )
    at_once: Mapping[Product, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _usable(self) -> Self:
        """Refuse keys that are missing, or of another kind, now; none is shown."""
        try:
            self.credentials()
        except SparkError as error:
            raise ValueError(str(error)) from None
        return self

    def credentials(self) -> Credentials:
        """Return the account's keys.

        Raises:
            ConfigurationError: for keys that are missing, or that are none.
        """
        values = {name: getattr(self, name) for name in _KEYS}
        keys = {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in values.items()
        }
        if self.env is not None:
            keys = {name: os.environ.get(f"{self.env}_{name.upper()}", "") for name in _KEYS}
        return Credentials(**keys)

    def limit(self, product: Product) -> Limit | None:
        """Return the limit of a product, or None where there is none."""
        rate, slots = self.requests_per_second.get(product), self.at_once.get(product)
        return None if rate is None and slots is None else Limit(rate, slots)


class RoutingSettings(_Table):
    """How requests are shared among accounts.

    Attributes:
        max_wait: seconds that a request waits for an account's turn; then 429. To the first token
            all tries by all accounts and models, and waiting, have these and the
            ``first_token_timeout`` together; then 504.
        max_waiting: requests that wait for a product of one account at once, in a worker.
        set_aside: seconds for which an account is not asked that refused its keys or a model.
        fallbacks: models that answer in place of another.
        fallback_on: for which causes.
    """

    max_wait: float = Field(30.0, gt=0)
    max_waiting: int = Field(1000, ge=1)
    set_aside: float = Field(60.0, gt=0)
    fallbacks: Fallbacks = Field(default_factory=dict)
    fallback_on: tuple[Cause, ...] = ("entitlement", "context_length", "overload")
