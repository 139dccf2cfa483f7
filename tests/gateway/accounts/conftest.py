"""A gateway over several accounts, of which each is a local Spark of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest

from iflytek_spark.emulator import Emulator, running_emulator
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.settings import load_settings
from iflytek_spark.gateway.state import GatewayState
from tests.gateway.serving import serving


class Team:
    """A running gateway, and the accounts behind it by their names."""

    def __init__(self, url: str, state: GatewayState, spark: dict[str, Emulator]) -> None:
        self.url = url
        self.upstream = state.upstream
        self.reloading = state.reloading
        self.spark = spark

    def asked(self) -> dict[str, int]:
        """How many requests each account got."""
        return {name: len(spark.requests) for name, spark in self.spark.items()}


class RunningTeam(Protocol):
    """Starts a gateway over accounts with these settings each; the rest is the gateway's."""

    def __call__(self, *accounts: dict[str, Any], **settings: Any) -> Team: ...


def account_settings(spark: Emulator, **settings: Any) -> dict[str, Any]:
    """The configuration of an account that an emulator serves."""
    keys = spark.credentials
    return {
        "app_id": keys.app_id,
        "api_key": keys.api_key,
        "api_secret": keys.api_secret,
        "base_url": spark.base_url,
        **settings,
    }


@pytest.fixture
def running_team() -> Iterator[RunningTeam]:
    with ExitStack() as stack:

        def run(*accounts: dict[str, Any], **settings: Any) -> Team:
            names = "abcd"[: len(accounts)]
            spark = {
                name: stack.enter_context(running_emulator(**each.pop("emulator", {})))
                for name, each in zip(names, accounts, strict=True)
            }
            tables = {
                name: account_settings(spark[name], **each)
                for name, each in zip(names, accounts, strict=True)
            }
            app = create_app(load_settings(accounts=tables, **settings))
            url = stack.enter_context(serving(app))
            return Team(url, app.state.gateway, spark)

        yield run
