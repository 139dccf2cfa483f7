"""What a user of ChatSpark sees: answers, chunks, token counts, stop strings, options."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
)
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from pydantic import SecretStr

from iflytek_spark.emulator import Emulator
from langchain_spark import ChatSpark

Make = Callable[..., ChatSpark]
PROMPTS = ("今天合肥天气如何", "什么是大语言模型", "how do tides work", "列出三种水果")


async def _answers(model: ChatSpark, prompt: str, how: str) -> AIMessage:
    """Ask in one of the four ways and return the whole message."""
    if how == "invoke":
        return await asyncio.to_thread(model.invoke, prompt)
    if how == "ainvoke":
        return await model.ainvoke(prompt)
    if how == "stream":
        chunks = await asyncio.to_thread(lambda: list(model.stream(prompt)))
    else:
        chunks = [chunk async for chunk in model.astream(prompt)]
    return reduce(add, chunks)


WAYS = pytest.mark.parametrize("how", ["invoke", "ainvoke", "stream", "astream"])


@WAYS
async def test_every_way_gives_the_same_message(chat: Make, how: str) -> None:
    model = chat()
    expected = model.invoke(PROMPTS[0])
    message = await _answers(model, PROMPTS[0], how)
    assert PROMPTS[0] in message.text
    assert message.content == expected.content
    assert message.usage_metadata == expected.usage_metadata
    metadata = dict(message.response_metadata)
    assert metadata.pop("sid").startswith("cht")
    assert metadata == {
        "model_name": "4.0Ultra",
        "model_provider": "iflytek_spark",
        "finish_reason": "stop",
        "wire": "websocket",
    }


@WAYS
async def test_tokens_are_counted_once(chat: Make, how: str) -> None:
    usage = (await _answers(chat(), PROMPTS[1], how)).usage_metadata
    assert usage is not None
    assert usage["input_tokens"] > 0
    assert usage["input_tokens"] + usage["output_tokens"] == usage["total_tokens"]


def test_a_stream_comes_in_pieces_with_one_last_chunk(chat: Make) -> None:
    chunks = list(chat().stream(PROMPTS[0]))
    assert len(chunks) > 3
    assert [chunk.chunk_position for chunk in chunks].count("last") == 1
    assert chunks[-1].chunk_position == "last"


class _Tokens(BaseCallbackHandler):
    def __init__(self) -> None:
        self.seen: list[str] = []

    def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        self.seen.append(token)


@pytest.mark.parametrize("how", ["stream", "astream"])
async def test_callbacks_see_each_token_once(chat: Make, how: str) -> None:
    handler = _Tokens()
    model = chat(callbacks=[handler])
    message = await _answers(model, PROMPTS[3], how)
    assert "".join(handler.seen) == message.text


def test_streaming_makes_invoke_call_back(chat: Make) -> None:
    handler = _Tokens()
    message = chat(callbacks=[handler], streaming=True).invoke(PROMPTS[3])
    assert "".join(handler.seen) == message.text
    assert len(handler.seen) > 3


def test_batches_on_one_object_are_never_mixed_up(chat: Make) -> None:
    model = chat()
    right = 0
    for round_number in range(20):
        prompts = [f"{prompt} 第{round_number}轮" for prompt in PROMPTS]
        for prompt, message in zip(prompts, model.batch([*prompts]), strict=True):
            right += prompt in message.text
    assert right == 80


@pytest.mark.slow("fewer calls than descriptors are usual never show that one is kept")
async def test_two_thousand_concurrent_calls_each_get_their_own_answer(chat: Make) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    model = chat(timeout=100)
    prompts = [f"问题编号{number}号是什么" for number in range(2000)]
    try:
        messages = await asyncio.gather(*(model.ainvoke(prompt) for prompt in prompts))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert sum(p in m.text for p, m in zip(prompts, messages, strict=True)) == 2000


def test_a_chain_streams(chat: Make) -> None:
    prompt = ChatPromptTemplate.from_messages([("system", "简短回答。"), ("human", "{question}")])
    chain = prompt | chat() | StrOutputParser()
    pieces = list(chain.stream({"question": PROMPTS[1]}))
    assert len(pieces) > 3
    assert PROMPTS[1] in "".join(pieces)


@WAYS
@pytest.mark.parametrize("piece", [1, 2, 50])
async def test_stop_cuts_the_answer_and_closes_the_socket(how: str, piece: int) -> None:
    from iflytek_spark.emulator import running_emulator

    with running_emulator(chunk_size=piece) as spark:
        own = spark.credentials
        model = ChatSpark(
            base_url=spark.base_url,
            app_id=own.app_id,
            api_key=SecretStr(own.api_key),
            api_secret=SecretStr(own.api_secret),
        )
        whole = model.invoke("一二三四五六七八九十").text
        mark = "五六七"
        model.stop = [mark, "not in the answer"]
        message = await _answers(model, "一二三四五六七八九十", how)
        assert mark in whole
        assert message.text == whole[: whole.index(mark)]
        assert message.response_metadata["finish_reason"] == "stop"
        assert spark.wait_until_idle(0.2)


def test_a_stop_of_the_call_wins(chat: Make) -> None:
    model = chat(stop="一二")
    assert model.invoke("数数一二三四", stop=["三四"]).text.endswith("一二")


def test_options_are_seen_on_the_wire_as_they_were_set(chat: Make, spark: Emulator) -> None:
    chat(temperature=0.7, top_k=2, max_tokens=50, model_kwargs={"auditing": "default"}).invoke(
        "你好", temperature=0.3, model="max", uid="u-1"
    )
    request = spark.requests[-1]
    sent = request.body["parameter"]["chat"]
    assert request.path == "/v3.5/chat"
    assert request.body["header"]["uid"] == "u-1"
    assert {key: sent[key] for key in ("domain", "temperature", "top_k", "max_tokens")} == {
        "domain": "generalv3.5",
        "temperature": 0.3,
        "top_k": 2,
        "max_tokens": 50,
    }
    assert sent["auditing"] == "default"


def test_temperature_zero_is_legal(chat: Make, spark: Emulator) -> None:
    assert chat(temperature=0).invoke("你好").text
    assert 0 < spark.requests[-1].body["parameter"]["chat"]["temperature"] <= 0.01


def test_roles_are_put_in_sparks_order(chat: Make, spark: Emulator) -> None:
    history = [
        SystemMessage("你是助手"),
        HumanMessage("一"),
        AIMessage("二"),
        HumanMessage("三"),
        HumanMessage([{"type": "text", "text": "四"}]),
    ]
    chat(model="4.0Ultra").invoke(history)
    texts = spark.requests[-1].body["payload"]["message"]["text"]
    assert [(text["role"], text["content"]) for text in texts] == [
        ("system", "你是助手"),
        ("user", "一"),
        ("assistant", "二"),
        ("user", "三\n\n四"),
    ]


def test_the_model_name_may_be_an_alias(chat: Make) -> None:
    message = chat(model="Spark Max").invoke("你好")
    assert message.response_metadata["model_name"] == "max"


async def test_one_object_serves_several_event_loops(chat: Make) -> None:
    model = chat()
    results = await asyncio.gather(
        *(asyncio.to_thread(asyncio.run, model.ainvoke(prompt)) for prompt in PROMPTS)
    )
    assert all(p in r.text for p, r in zip(PROMPTS, results, strict=True))


def test_a_chunk_is_a_message_chunk(chat: Make) -> None:
    assert all(isinstance(chunk, AIMessageChunk) for chunk in chat().stream("你好"))


def test_tools_and_images_count_as_tokens(chat: Make) -> None:
    llm = chat()
    asked: list[BaseMessage] = [HumanMessage("天气如何")]
    tool = {"name": "weather", "description": "长" * 300, "parameters": {"type": "object"}}
    plain = llm.get_num_tokens_from_messages(asked)
    assert plain == llm.get_num_tokens("天气如何")
    assert llm.get_num_tokens_from_messages(asked, tools=[tool]) > plain + 200
    image = {"type": "image", "base64": "aGk=", "mime_type": "image/png"}
    assert llm.get_num_tokens_from_messages([HumanMessage([image])]) > 200


def test_a_role_of_ones_own_speaks_as_a_user_of_that_name(chat: Make, spark: Emulator) -> None:
    chat().invoke([HumanMessage("初稿"), ChatMessage(role="critic", content="太长")])
    (turn,) = spark.requests[-1].body["payload"]["message"]["text"]
    assert turn == {"role": "user", "content": "初稿\n\ncritic: 太长"}
