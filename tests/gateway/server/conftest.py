from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

import pytest

from iflytek_spark.emulator import Emulator, running_emulator
from tests.gateway.server.program_helpers import Program, running

StartGateway: TypeAlias = Callable[..., AbstractContextManager[Program]]


@pytest.fixture
def slow() -> Iterator[Emulator]:
    """A local Spark whose answers last for seconds."""
    with running_emulator(pace=0.05, chunk_size=1) as spark:
        yield spark


@pytest.fixture
def variables(slow: Emulator) -> dict[str, str]:
    """What leads a gateway to the slow Spark, by the names of the legacy gateway."""
    known = slow.credentials
    return {
        "APP_ID": known.app_id,
        "API_KEY": known.api_key,
        "API_SECRET": known.api_secret,
        "GATEWAY_BASE_URL": slow.base_url,
    }


@pytest.fixture
def start(variables: dict[str, str], tmp_path: Path) -> StartGateway:
    """Starts a gateway over the slow Spark: ``with start("--workers", "2", GATEWAY_PORT="1")``."""

    def run(*arguments: str, **environ: str) -> AbstractContextManager[Program]:
        return running(tmp_path, *arguments, environ=os.environ | variables | environ)

    return run
