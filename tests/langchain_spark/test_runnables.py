"""ChatSpark inside LangChain's runnables: history, parallel steps, retries, caches, limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.exceptions import ModelInvalidRequestError, ModelRateLimitError
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.rate_limiters import BaseRateLimiter
from langchain_core.runnables import ConfigurableField, RunnableParallel
from langchain_core.runnables.history import RunnableWithMessageHistory

from iflytek_spark import WebSearch
from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.models.catalogue import find_model
from langchain_spark import ChatSpark
from tests._support.service import settings_of
from tests.langchain_spark.asking import WAYS, Make, ask, turns


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainDeprecationWarning")
async def test_a_history_grows_with_each_answer(chat: Make, spark: Emulator) -> None:
    stores: dict[str, InMemoryChatMessageHistory] = {}

    def history(session: str) -> InMemoryChatMessageHistory:
        return stores.setdefault(session, InMemoryChatMessageHistory())

    prompt = ChatPromptTemplate.from_messages(
        [("system", "简短。"), MessagesPlaceholder("past"), ("human", "{question}")]
    )
    chain = RunnableWithMessageHistory(
        prompt | chat(), history, input_messages_key="question", history_messages_key="past"
    )
    config: Any = {"configurable": {"session_id": "one"}}
    first = chain.invoke({"question": "潮汐是什么"}, config)
    async for _ in chain.astream({"question": "为什么"}, config):
        pass
    chain.invoke({"question": "别的"}, {"configurable": {"session_id": "two"}})
    assert turns(spark, 1) == [
        ("system", "简短。"), ("user", "潮汐是什么"), ("assistant", first.text), ("user", "为什么"),
    ]  # fmt: skip
    assert turns(spark, 2) == [("system", "简短。"), ("user", "别的")]
    assert len(stores["one"].messages) == 4


def test_parallel_steps(chat: Make) -> None:
    steps: Any = RunnableParallel(a=chat(), b=chat(model="lite") | StrOutputParser())
    found = steps.invoke("列出三种水果")
    assert found["a"].response_metadata["model_name"] == "4.0Ultra"
    assert "列出三种水果" in found["b"]


async def test_batches_give_each_answer_its_number(chat: Make, spark: Emulator) -> None:
    prompts = [f"第{number}题是什么" for number in range(9)]
    llm = chat()
    done = dict(llm.batch_as_completed([*prompts], config={"max_concurrency": 3}))
    async for number, message in llm.abatch_as_completed([*prompts]):
        assert prompts[number] in message.text
    assert sorted(done) == list(range(9))
    assert all(prompts[at] in message.text for at, message in done.items())


def test_a_batch_may_return_its_failures(chat: Make) -> None:
    good, bad = chat().batch(["你好", ""], return_exceptions=True)
    assert isinstance(good, AIMessage)
    assert isinstance(bad, ModelInvalidRequestError)


@pytest.mark.parametrize("how", ["invoke", "ainvoke"])
async def test_with_retry(chat: Make, spark: Emulator, how: str) -> None:
    spark.script(faults.ErrorFrame(11202), faults.ErrorFrame(11202))
    llm = chat(max_retries=0).with_retry(
        retry_if_exception_type=(ModelRateLimitError,),
        wait_exponential_jitter=False,
        stop_after_attempt=3,
    )
    assert "你好" in (await ask(llm, "你好", how)).text
    assert len(spark.requests) == 3


@WAYS
async def test_with_fallbacks(chat: Make, spark: Emulator, how: str) -> None:
    spark.script(faults.ErrorFrame(11200))
    llm = chat(max_retries=0).with_fallbacks([chat(model="lite")])
    message = await ask(llm, "你好", how)
    assert message.response_metadata["model_name"] == "lite"
    assert [request.path for request in spark.requests] == ["/v4.0/chat", "/v1.1/chat"]


@pytest.mark.parametrize("how", ["invoke", "ainvoke"])
async def test_a_cache_asks_once(chat: Make, spark: Emulator, how: str) -> None:
    llm = chat(cache=InMemoryCache())
    first, second = await ask(llm, "潮汐", how), await ask(llm, "潮汐", how)
    await ask(llm, "海浪", how)
    assert first.text == second.text
    assert second.usage_metadata["total_tokens"] == first.usage_metadata["total_tokens"]
    assert len(spark.requests) == 2


TUNED = replace(find_model("lite"), patch_id="1"), replace(find_model("lite"), patch_id="2")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"temperature": 0.1}, {"temperature": 0.2}),
        ({"model": "max"}, {"model": "4.0Ultra"}),
        ({"model": TUNED[0]}, {"model": TUNED[1]}),
        ({"web_search": WebSearch("deep")}, {"web_search": WebSearch("normal")}),
        ({"image_model": "image"}, {"image_model": "imagev3"}),
        ({"model_kwargs": {"a": 1}}, {"model_kwargs": {"a": 2}}),
    ],
)
def test_models_that_answer_differently_share_no_cache_entry(
    chat: Make, one: dict[str, Any], other: dict[str, Any]
) -> None:
    keys = [chat(**settings)._get_llm_string(stop=["x"]) for settings in (one, other, one)]
    assert keys[0] != keys[1]
    assert keys[0] == keys[2]


class Counting(BaseRateLimiter):
    """Lets everything pass, and counts."""

    def __init__(self) -> None:
        self.acquired = 0

    def acquire(self, *, blocking: bool = True) -> bool:
        self.acquired += 1
        return True

    async def aacquire(self, *, blocking: bool = True) -> bool:
        self.acquired += 1
        return True


async def test_a_rate_limiter_is_asked_once_a_call(chat: Make) -> None:
    limiter = Counting()
    llm = chat(rate_limiter=limiter)
    for number, how in enumerate(("invoke", "ainvoke", "stream", "astream"), 1):
        await ask(llm, "你好", how)
        assert limiter.acquired == number


@pytest.mark.parametrize(("disabled", "pieces"), [(True, 1), ("tool_calling", 1), (False, 4)])
def test_streaming_can_be_disabled(chat: Make, disabled: Any, pieces: int) -> None:
    def now() -> str:
        """Tell the time."""
        return "9"

    chunks = list(chat(disable_streaming=disabled).bind_tools([now]).stream("潮汐怎么来的"))
    assert min(len(chunks), 4) == pieces


def test_fields_can_be_configured(chat: Make, spark: Emulator) -> None:
    llm = chat().configurable_fields(
        temperature=ConfigurableField("warmth"), model=ConfigurableField("which")
    )
    llm.invoke("你好", config={"configurable": {"warmth": 0.9, "which": "lite"}})
    llm.invoke("你好")
    first, second = (request.body["parameter"]["chat"] for request in spark.requests)
    assert (first["domain"], first["temperature"]) == ("lite", 0.9)
    assert second["domain"] == "4.0Ultra"
    assert "temperature" not in second


def test_options_can_be_bound(chat: Make, spark: Emulator) -> None:
    llm = chat().bind(temperature=0.3, stop=["。"], uid="u1")
    assert "。" not in llm.invoke("潮汐").text
    body = spark.requests[-1].body
    assert body["parameter"]["chat"]["temperature"] == 0.3
    assert body["header"]["uid"] == "u1"


def test_tokens_are_estimated_without_a_network(chat: Make) -> None:
    llm = chat()
    assert llm.get_num_tokens("") == 0
    assert 2 <= llm.get_num_tokens("今天天气很好") <= 6
    history = [SystemMessage("Be kind."), HumanMessage("How are you today?")]
    assert llm.get_num_tokens_from_messages(history) >= llm.get_num_tokens("How are you today?")
    with pytest.raises(NotImplementedError, match="get_num_tokens"):
        llm.get_token_ids("x")


def test_a_dumped_model_can_be_made_again(spark: Emulator) -> None:
    dump = ChatSpark(**settings_of(spark)).model_dump()
    assert "api_secret" in dump
    assert spark.credentials.api_secret not in str(dump)
    assert ChatSpark(**dump).invoke("你好").text
