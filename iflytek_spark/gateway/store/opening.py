"""Opens the store of a gateway that has one; what that needs is only then loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.settings import GatewaySettings

if TYPE_CHECKING:
    from iflytek_spark.gateway.store.store import Store

_EXTRA = {"sqlalchemy", "alembic", "psycopg"}


def open_store(settings: GatewaySettings, on_drop: Callable[[], object]) -> Store | None:
    """Open the store, if there is one.

    Args:
        settings: the gateway's.
        on_drop: called for each row of usage that is lost.

    Raises:
        ConfigurationError: when it cannot be used, or its packages are not installed.
    """
    if settings.store_url is None:
        return None
    try:
        from iflytek_spark.gateway.store.store import Store

        return Store(settings, on_drop)
    except ModuleNotFoundError as error:
        raise not_installed(error) from error


def not_installed(error: ModuleNotFoundError) -> Exception:
    """Return what a user should read of a missing module, or the error itself."""
    missing = (error.name or "").partition(".")[0]
    if missing not in _EXTRA:
        return error
    return ConfigurationError(
        f"keys and usage need {missing}",
        hint='install it with: pip install "iflytek-spark[gateway-usage]"',
    )
