"""The gateway, served over real sockets, with a local Spark behind it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import openai
import pytest

from iflytek_spark.emulator import Emulator
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.settings import load_settings
from tests._support.service import lead_to
from tests.gateway.gateway_helpers import Gateway, one_gateway
from tests.gateway.serving import serving


class RunningGateway(Protocol):
    """Starts a gateway."""

    def __call__(self, **settings: Any) -> str:
        """Return the base URL of a gateway with these settings; it stops when the test ends."""


@pytest.fixture(autouse=True)
def logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test sees the gateway's log, also after one that has set up the program's logging."""
    for name in ("iflytek_spark.gateway", "iflytek_spark.gateway.access"):
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)


@pytest.fixture
def spark_keys(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment has the credentials that the local Spark accepts."""
    lead_to(emulator, monkeypatch)


@pytest.fixture
def running_gateway(emulator: Emulator, spark_keys: None) -> Iterator[RunningGateway]:
    """Start gateways over the local Spark: ``url = running_gateway(max_body_bytes=4096)``."""
    with ExitStack() as stack:

        def run(**settings: Any) -> str:
            app = create_app(load_settings(**settings))
            return stack.enter_context(serving(app))

        yield run


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    """A gateway for all tests of a module, which start none of their own."""
    own_names = {
        "gpt-4o": "lite",
        "text-embedding-3-small": "spark-embedding",
        "house/画家 v1.5": "spark-image",
    }
    with one_gateway(models=own_names, embeddings_per_second=None) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    """OpenAI's client of that gateway."""
    with openai.OpenAI(base_url=gateway.url, api_key="any", max_retries=0) as client:
        yield client


@pytest.fixture
async def aclient(gateway: Gateway) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's client for event loops of that gateway."""
    async with openai.AsyncOpenAI(base_url=gateway.url, api_key="any", max_retries=0) as client:
        yield client
