"""A gateway that keeps responses, for all tests of a module, and OpenAI's client of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.gateway.gateway_helpers import Gateway, one_gateway

MODEL = "4.0Ultra"


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with one_gateway(models={"gpt-4o": MODEL}, responses_store={}) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=gateway.url, api_key="any", max_retries=0) as client:
        yield client


@pytest.fixture
def sent(gateway: Gateway) -> Any:
    """Returns the turns of the newest request, as they stand on the wire."""

    def turns() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = gateway.spark.requests[-1].body["payload"]["message"]["text"]
        return found

    return turns
