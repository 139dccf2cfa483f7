"""``previous_response_id``: what the gateway keeps, for whom, how much and how long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import openai
import pytest

from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.gateway.middleware.redis import connect
from iflytek_spark.gateway.responses.redis_store import RedisStore
from iflytek_spark.gateway.responses.settings import ResponsesStoreSettings
from iflytek_spark.gateway.responses.store import MemoryStore, ResponseStore
from tests.gateway.chat_helpers import data_url
from tests.gateway.conftest import RunningGateway
from tests.gateway.gateway_helpers import Gateway
from tests.gateway.redis_server import running_redis
from tests.gateway.responses.conftest import MODEL
from tests.unit.images.drawing import drawn

Turns = Callable[[], list[dict[str, Any]]]


def client_of(url: str, key: str = "any") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_conversation_goes_on_by_its_last_response(
    client: openai.OpenAI, sent: Turns, streamed: bool
) -> None:
    def ask(text: str, previous: str | None) -> Any:
        options: Any = {"model": MODEL, "input": text, "previous_response_id": previous}
        if not streamed:
            return client.responses.create(**options, instructions="Be brief.")
        with client.responses.stream(**options) as stream:
            return stream.get_final_response()

    first = ask("请重复：一", None)
    second = ask("请重复：二", first.id)
    third = ask("请重复：三", second.id)
    turns = [turn["content"] for turn in sent() if turn["role"] != "system"]
    assert turns == [
        "请重复：一", first.output_text, "请重复：二", second.output_text, "请重复：三",
    ]  # fmt: skip
    assert third.previous_response_id == second.id
    again = client.responses.retrieve(first.id)
    assert (again.id, again.output_text) == (first.id, first.output_text)


def test_a_tools_loop_by_references_alone(client: openai.OpenAI, sent: Turns) -> None:
    """As the AI SDK sends it: items by their ids, where the service keeps them."""
    weather: Any = {"type": "function", "name": "get_weather", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}}}  # fmt: skip
    question: Any = {"role": "user", "content": "What is the weather in Hefei?"}
    first = client.responses.create(model=MODEL, input=[question], tools=[weather])
    (call,) = first.output
    assert call.type == "function_call"
    result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "light rain"}
    named: Any = {"type": "item_reference", "id": call.id}
    second = client.responses.create(model=MODEL, input=[question, named, result], tools=[weather])
    assert "light rain" in second.output_text
    assert [turn["role"] for turn in sent()][-3:] == ["user", "assistant", "user"]
    unknown: Any = {"type": "item_reference", "id": "msg_1"}
    with pytest.raises(openai.BadRequestError, match="item_reference"):
        client.responses.create(model=MODEL, input=[question, unknown])


def test_an_image_is_kept_too(client: openai.OpenAI, gateway: Gateway) -> None:
    shown: Any = [{"type": "input_image", "image_url": data_url(drawn((64, 60), "PNG"))}]
    first = client.responses.create(model=MODEL, input=[{"role": "user", "content": shown}])
    client.responses.create(model=MODEL, input="And now?", previous_response_id=first.id)
    assert gateway.spark.requests[-1].path == "/v2.1/image"


def test_what_is_not_to_be_kept_is_not(client: openai.OpenAI) -> None:
    response = client.responses.create(model=MODEL, input="x", store=False)
    with pytest.raises(openai.NotFoundError, match="not kept"):
        client.responses.retrieve(response.id)
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=MODEL, input="y", previous_response_id=response.id)
    assert caught.value.code == "previous_response_not_found"
    assert caught.value.param == "previous_response_id"


def test_a_response_that_failed_is_not_kept(client: openai.OpenAI, gateway: Gateway) -> None:
    gateway.spark.script(faults.Cut(after=3))
    events = client.responses.create(model=MODEL, input="x", stream=True)
    first: Any = next(iter(events))
    with pytest.raises(openai.APIError):
        list(events)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.response.id)


def test_a_response_is_deleted(client: openai.OpenAI) -> None:
    response = client.responses.create(model=MODEL, input="x")
    client.responses.delete(response.id)
    for again in (client.responses.delete, client.responses.retrieve):
        with pytest.raises(openai.NotFoundError):
            again(response.id)


def test_responses_are_their_callers(running_gateway: RunningGateway) -> None:
    (anna, hash_a), (bert, hash_b) = new_key(), new_key()
    url = running_gateway(keys={"anna": hash_a, "bert": hash_b}, responses_store={})
    with client_of(url, anna) as one, client_of(url, bert) as other:
        response = one.responses.create(model=MODEL, input="secret")
        assert one.responses.retrieve(response.id).id == response.id
        for request in (other.responses.retrieve, other.responses.delete):
            with pytest.raises(openai.NotFoundError):
                request(response.id)
        with pytest.raises(openai.BadRequestError, match="not kept, or not yours"):
            other.responses.create(model=MODEL, input="x", previous_response_id=response.id)
        named: Any = {"type": "item_reference", "id": response.output[0].id}
        with pytest.raises(openai.BadRequestError, match="not kept, or not yours"):
            other.responses.create(model=MODEL, input=[named])


def test_without_a_store_the_gateway_says_that_it_keeps_nothing(
    running_gateway: RunningGateway, emulator: Emulator
) -> None:
    with client_of(running_gateway()) as client:
        raw = client.responses.with_raw_response.create(model=MODEL, input="x", store=True)
        assert raw.headers["x-spark-ignored"] == "store"
        response = raw.parse()
        asked = len(emulator.requests)
        with pytest.raises(openai.BadRequestError, match="keeps no responses"):
            client.responses.create(model=MODEL, input="y", previous_response_id=response.id)
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(response.id)
        assert len(emulator.requests) == asked


def test_two_gateways_keep_responses_in_one_redis(running_gateway: RunningGateway) -> None:
    with running_redis() as redis_url:
        one, other = (running_gateway(responses_store={}, redis_url=redis_url) for _ in range(2))
        with client_of(one) as first, client_of(other) as second:
            response = first.responses.create(model=MODEL, input="请重复：一")
            assert second.responses.retrieve(response.id).output_text == response.output_text
            second.responses.create(model=MODEL, input="x", previous_response_id=response.id)
            second.responses.delete(response.id)
            with pytest.raises(openai.NotFoundError):
                first.responses.retrieve(response.id)


def test_a_response_outlives_the_loss_of_its_store(
    running_gateway: RunningGateway, caplog: pytest.LogCaptureFixture
) -> None:
    with running_redis() as redis_url:
        url = running_gateway(responses_store={}, redis_url=redis_url)
        with client_of(url) as client:
            first = client.responses.create(model=MODEL, input="x")
    with client_of(url) as client:
        assert client.responses.create(model=MODEL, input="x").status == "completed"
        assert "is not kept" in caplog.text
        with pytest.raises(openai.InternalServerError) as caught:
            client.responses.retrieve(first.id)
        assert (caught.value.status_code, caught.value.code) == (503, "store_unavailable")


def test_a_plain_client_may_delete_without_a_body(gateway: Gateway) -> None:
    answer = httpx2.delete(f"{gateway.url}/responses/resp_1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "response_not_found")


@pytest.fixture(params=["memory", "redis"])
def make_store(
    request: pytest.FixtureRequest,
) -> Iterator[Callable[[ResponsesStoreSettings], ResponseStore]]:
    if request.param == "memory":
        yield MemoryStore
        return
    with running_redis() as url:
        yield lambda settings: RedisStore(connect(url), settings)


MakeStore = Callable[[ResponsesStoreSettings], ResponseStore]


async def kept(store: ResponseStore, names: str) -> str:
    return "".join([name for name in names if await store.get("me", name) is not None])


@pytest.mark.parametrize(
    ("bounds", "sizes", "left"),
    [
        ({"max_entries": 2}, {"a": 1, "b": 1, "c": 1}, "bc"),
        ({"max_bytes": 1024}, {"a": 600, "b": 400, "c": 100}, "bc"),
        ({"max_bytes": 1024}, {"a": 600, "b": 1025}, "a"),
        ({"max_bytes": 1024}, {"a": 10, "b": 1024}, "b"),
    ],
)
async def test_the_oldest_responses_make_room(
    make_store: MakeStore, bounds: dict[str, int], sizes: dict[str, int], left: str
) -> None:
    store = make_store(ResponsesStoreSettings(**bounds))
    for name, size in sizes.items():
        await store.put("me", name, b"x" * size)
    assert await kept(store, "abc") == left
    assert await store.delete("me", left[0])
    assert not await store.delete("me", left[0])
    assert not await store.delete("you", "d")
    await store.put("me", "d", b"x")
    assert await kept(store, "abcd") == f"{left[1:]}d"
    assert await store.get("you", "d") is None
    await store.aclose()


async def test_a_response_is_kept_for_its_time(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_store(ResponsesStoreSettings(seconds=60))
    await store.put("me", "a", b"x")
    if isinstance(store, RedisStore):
        client = store._client
        (key,) = [name async for name in client.scan_iter("*:of:*")]
        assert 58 <= await client.ttl(key) <= 60
    else:
        later = time.monotonic() + 61
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert await kept(store, "a") == ""
    await store.aclose()
