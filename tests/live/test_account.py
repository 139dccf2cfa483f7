"""What must hold on a real account, over each wire for which it has a key and the right."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

import pytest

from iflytek_spark import (
    AsyncSparkClient,
    AuthenticationError,
    ChatResponse,
    ContentDelta,
    Credentials,
    Endpoint,
    MissingCredentialsError,
    PermissionDeniedError,
    SparkClient,
    Tool,
)
from iflytek_spark.messages import Wire

pytestmark = pytest.mark.live

WAYS: list[tuple[str, Wire]] = [
    ("4.0Ultra", "websocket"),
    ("4.0Ultra", "http"),
    ("spark-x2.5", "http"),
]
over_each_wire = pytest.mark.parametrize(("model", "wire"), WAYS)
WEATHER = Tool(
    "get_weather",
    "查询一个城市今天的天气",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


@contextlib.contextmanager
def entitled() -> Iterator[None]:
    """Skip what this account has no key for, or has not enabled."""
    try:
        yield
    except (MissingCredentialsError, PermissionDeniedError) as error:
        pytest.skip(error.message)


def check(response: ChatResponse, model: str, wire: Wire) -> None:
    assert response.text
    assert response.usage
    assert response.usage.total_tokens > 0
    assert (response.model, response.wire, response.deviations) == (model, wire, ())


@over_each_wire
def test_a_chat_is_as_documented(
    account: Credentials, endpoint: Endpoint, model: str, wire: Wire
) -> None:
    client = SparkClient(account, base_url=endpoint)
    with entitled():
        check(client.chat("只回答一个字：好", model=model, wire=wire), model, wire)


@over_each_wire
async def test_an_async_chat_is_as_documented(
    account: Credentials, endpoint: Endpoint, model: str, wire: Wire
) -> None:
    client = AsyncSparkClient(account, base_url=endpoint)
    with entitled():
        check(await client.chat("只回答一个字：好", model=model, wire=wire), model, wire)
    client.close()


@over_each_wire
def test_deltas_join_to_the_answer(
    account: Credentials, endpoint: Endpoint, model: str, wire: Wire
) -> None:
    client = SparkClient(account, base_url=endpoint)
    with entitled(), client.stream("从1数到20", model=model, wire=wire) as stream:
        deltas = [event.text for event in stream if isinstance(event, ContentDelta)]
        assert len(deltas) > 1
        assert "".join(deltas) == stream.response().text


@over_each_wire
def test_a_tool_is_called(account: Credentials, endpoint: Endpoint, model: str, wire: Wire) -> None:
    client = SparkClient(account, base_url=endpoint)
    with entitled():
        response = client.chat(
            "查询合肥今天的天气", model=model, wire=wire, tools=[WEATHER], tool_choice="required"
        )
        assert [call.name for call in response.tool_calls] == [WEATHER.name]


def test_a_wrong_secret_is_told(account: Credentials, endpoint: Endpoint) -> None:
    if not account.signs:
        pytest.skip("this account has no APISecret")
    wrong = dataclasses.replace(account, api_secret=account.api_secret[::-1])
    with pytest.raises(AuthenticationError):
        SparkClient(wrong, base_url=endpoint, max_retries=0).chat("好", wire="websocket")


def test_a_vector_has_its_length(account: Credentials, endpoint: Endpoint) -> None:
    if not account.signs:
        pytest.skip("this account has no APISecret")
    with entitled():
        (vector,) = SparkClient(account, base_url=endpoint).embed(["讯飞星火"])
        assert len(vector) == 2560
