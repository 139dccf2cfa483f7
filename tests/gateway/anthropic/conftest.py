"""A gateway with one name of Anthropic's, and Anthropic's client of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import pytest

from tests.gateway.gateway_helpers import Gateway, one_gateway

MODEL = "4.0Ultra"
CLAUDE = "claude-of-the-team"


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with one_gateway(models={CLAUDE: MODEL}) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def messages(gateway: Gateway) -> Iterator[Any]:
    """The client's ``messages``; its types know the names of Anthropic's models alone."""
    url = gateway.url.removesuffix("/v1")
    with anthropic.Anthropic(base_url=url, api_key="any", max_retries=0) as client:
        yield client.messages


@pytest.fixture
def sent(gateway: Gateway) -> Callable[[], list[dict[str, Any]]]:
    """Returns the turns of the newest request, as they stand on the wire."""

    def turns() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = gateway.spark.requests[-1].body["payload"]["message"]["text"]
        return found

    return turns


def asked(content: object) -> Any:
    return [{"role": "user", "content": content}]
