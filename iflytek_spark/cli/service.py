"""Whom the command line talks to: the service of the settings, or a local emulator."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator import SERVICE_PACE, running_emulator


@dataclass(frozen=True, slots=True)
class Service:
    """What a client needs to know.

    Attributes:
        credentials: what it signs with.
        base_url: where it goes, or None for where the settings say.
        emulated: whether an emulator of ours answers.
    """

    credentials: Credentials
    base_url: str | None = None
    emulated: bool = False


@contextlib.contextmanager
def emulated_service() -> Iterator[Service]:
    """Run an emulator, and yield how to reach it."""
    with running_emulator(pace=SERVICE_PACE) as spark:
        yield Service(spark.credentials, spark.base_url, emulated=True)
