"""Opens the store of a gateway that has one; what that needs is only then loaded."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.gateway.store.interface import GatewayStore

_PACKAGES = {"sqlalchemy", "alembic", "psycopg"}


def open_store(settings: GatewaySettings, on_drop: Callable[[], object]) -> GatewayStore | None:
    """Open the store, if there is one.

    Args:
        settings: the gateway's.
        on_drop: called for each row of usage that is lost.

    Raises:
        ConfigurationError: when it cannot be used, or its packages are not installed.
    """
    if settings.store_url is None:
        return None
    with _installed():
        from iflytek_spark.gateway.store.store import Store
    return Store(settings, on_drop)


def check_store(settings: GatewaySettings) -> None:
    """Bring the store, if there is one, to this version, before processes are started.

    Raises:
        ConfigurationError: when it cannot be used, or its packages are not installed.
    """
    if settings.store_url is None:
        return
    with _installed():
        from iflytek_spark.gateway.store.store import open_database
    open_database(settings).close()


def run_store_command(args: argparse.Namespace) -> int:
    """Run one of the commands for the store, and return the process's exit status.

    Raises:
        ConfigurationError: for what the user can correct.
    """
    with _installed():
        from iflytek_spark.gateway.operator.commands import run
    return run(args)


@contextmanager
def _installed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _PACKAGES:
            raise
        raise ConfigurationError(
            f"keys and usage need {missing}",
            hint='install it with: pip install "iflytek-spark[gateway-usage]"',
        ) from error
