"""Which failures another account, or another model, may answer in place of."""

from __future__ import annotations

from collections.abc import Mapping

from iflytek_spark import ModelSpec
from iflytek_spark.errors import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    ClockSkewError,
    ContextLengthError,
    InternalServerError,
    MissingCredentialsError,
    PermissionDeniedError,
    RateLimitError,
    SparkError,
)
from iflytek_spark.gateway.accounts.settings import Cause
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.gateway.openai.model_names import ModelNames


def is_the_accounts(error: SparkError) -> bool:
    """Return whether an error says that an account may not ask, now or at all (PROTOCOL.md §10)."""
    match error:
        case ClockSkewError():
            return False  # it is this machine's, and the same for every account
        case AuthenticationError() | PermissionDeniedError():
            return True
    return isinstance(error, RateLimitError) and not error.retryable  # of a day


def may_go_elsewhere(error: SparkError) -> bool:
    """Return whether another account may succeed where one has failed.

    After a time-out it is not tried: the caller has waited for long.
    """
    match error:
        case APITimeoutError():
            return False
        case APIConnectionError():
            return error.param is None  # else it was an image of the caller's
        case MissingCredentialsError() | RateLimitError() | InternalServerError():
            return True
    return is_the_accounts(error)


def cause_of(error: SparkError | GatewayError) -> Cause | None:
    """Return for which cause another model may answer, or None."""
    match error:
        case GatewayError(row=ErrorRow.NO_ACCOUNT):
            return "entitlement"
        case GatewayError(row=ErrorRow.QUEUE_TIMEOUT) | RateLimitError() | InternalServerError():
            return "overload"
        case ContextLengthError():
            return "context_length"
    return None


class FallbackModels:
    """The models that answer in place of others."""

    def __init__(self, configured: Mapping[str, tuple[str, ...]], names: ModelNames) -> None:
        """Set up with names as the configuration has them.

        Raises:
            UnknownModelError: for a name of a model that does not chat.
        """
        self._models = {
            names.chat_model(name).name: [names.chat_model(other) for other in others]
            for name, others in configured.items()
        }

    def of(self, model: str) -> list[ModelSpec]:
        """Return those of a model of the catalogue, in their order."""
        return self._models.get(model, [])
