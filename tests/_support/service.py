"""Where clients call, and as whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import pytest

from iflytek_spark import Credentials
from iflytek_spark.emulator import Emulator


class Place(Protocol):
    """A service and the credentials that it accepts; an :class:`Emulator` is one."""

    @property
    def base_url(self) -> str:
        """Where it is."""

    @property
    def credentials(self) -> Credentials:
        """As whom to call."""


def keys_of(spark: Emulator) -> Credentials:
    """All the keys that an emulator accepts."""
    keys = spark.http_keys
    return replace(spark.credentials, maas_api_key=keys.maas_key, api_password=keys.api_password)


def settings_of(spark: Place) -> dict[str, Any]:
    """The settings by which a model of either adapter calls a place."""
    known = spark.credentials
    return {
        "base_url": spark.base_url,
        "app_id": known.app_id,
        "api_key": known.api_key,
        "api_secret": known.api_secret,
    }


def lead_to(spark: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the environment lead clients to an emulator, with the keys that it accepts."""
    for name, value in spark.environment.items():
        monkeypatch.setenv(name, value)
