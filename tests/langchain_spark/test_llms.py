"""SparkLLM: text in, text out, for chains written against LangChain's text completion."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core import exceptions as core
from langchain_core.callbacks import BaseCallbackHandler, get_usage_metadata_callback
from langchain_core.outputs import LLMResult
from langchain_core.prompts import PromptTemplate
from langchain_core.runnables import RunnableConfig

from iflytek_spark import AsyncSparkClient, ChatResponse, SparkClient
from iflytek_spark.emulator import Emulator, faults
from langchain_spark import SparkLLM
from tests._support.frames import SID, USAGE, answer, last, piece
from tests._support.service import settings_of
from tests.langchain_spark.asking import WAYS, ask, replay

MakeLLM = Callable[..., SparkLLM]


@pytest.fixture
def llm(spark: Emulator) -> MakeLLM:
    def make(**settings: object) -> SparkLLM:
        return SparkLLM.model_validate(settings_of(spark) | settings)

    return make


@WAYS
async def test_every_way_gives_the_same_text(llm: MakeLLM, how: str) -> None:
    assert await ask(llm(), "潮汐怎么来的", how) == llm().invoke("潮汐怎么来的")


@WAYS
async def test_thoughts_are_no_part_of_the_text(llm: MakeLLM, spark: Emulator, how: str) -> None:
    replay(spark, [piece(0, reasoning_content="想"), piece(1, "答"), last(2, "案")])
    assert await ask(llm(model="x2"), "问", how) == "答案"


async def test_batches(llm: MakeLLM) -> None:
    prompts = [f"第{number}题是什么" for number in range(5)]
    for texts in (llm().batch([*prompts]), await llm().abatch([*prompts])):
        assert all(prompt in text for prompt, text in zip(prompts, texts, strict=True))


class Together(SparkClient):
    """A client whose calls end only when several have begun, and which counts the most at once."""

    def __init__(self, spark: Emulator, width: int) -> None:
        super().__init__(spark.credentials, base_url=spark.base_url)
        self.barrier = threading.Barrier(width, timeout=20)
        self.running = self.most = 0
        self.lock = threading.Lock()

    def chat(self, *args: Any, **kwargs: Any) -> ChatResponse:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.barrier.wait()
        response = super().chat(*args, **kwargs)
        with self.lock:
            self.running -= 1
        self.barrier.wait()
        return response


class AsyncTogether(AsyncSparkClient):
    """The same, for async calls."""

    def __init__(self, spark: Emulator, width: int) -> None:
        super().__init__(spark.credentials, base_url=spark.base_url)
        self.barrier = asyncio.Barrier(width)
        self.running = self.most = 0

    async def chat(self, *args: Any, **kwargs: Any) -> ChatResponse:
        self.running += 1
        self.most = max(self.most, self.running)
        async with asyncio.timeout(20):
            await self.barrier.wait()
        response = await super().chat(*args, **kwargs)
        self.running -= 1
        async with asyncio.timeout(20):
            await self.barrier.wait()
        return response


PROMPTS = ["一是什么", "二是什么", "三是什么", "四是什么"]


@pytest.mark.parametrize(("config", "width"), [({}, 4), ({"max_concurrency": 2}, 2)])
async def test_a_batch_runs_side_by_side(
    llm: MakeLLM, spark: Emulator, config: RunnableConfig, width: int
) -> None:
    client, async_client = Together(spark, width), AsyncTogether(spark, width)
    model = llm(client=client, async_client=async_client)
    texts = await asyncio.to_thread(model.batch, [*PROMPTS], config)
    assert all(prompt in text for prompt, text in zip(PROMPTS, texts, strict=True))
    assert texts == await model.abatch([*PROMPTS], config)
    assert (client.most, async_client.most) == (width, width)


async def test_generate_runs_side_by_side(llm: MakeLLM, spark: Emulator) -> None:
    model = llm(client=Together(spark, 4), async_client=AsyncTogether(spark, 4))
    one = await asyncio.to_thread(model.generate, PROMPTS)
    other = await model.agenerate(PROMPTS)
    for result in (one, other):
        found = [generations[0].text for generations in result.generations]
        assert all(prompt in text for prompt, text in zip(PROMPTS, found, strict=True))


async def test_a_failure_in_a_batch_is_one_prompts_own(llm: MakeLLM) -> None:
    prompts = ["一是什么", "", "三是什么"]
    for results in (
        llm().batch([*prompts], return_exceptions=True),
        await llm().abatch([*prompts], return_exceptions=True),
    ):
        found: list[object] = [*results]
        assert "一是什么" in str(found[0])
        assert "三是什么" in str(found[2])
        assert isinstance(found[1], core.ModelInvalidRequestError)
    with pytest.raises(core.ModelInvalidRequestError):
        llm().generate(prompts)
    with pytest.raises(core.ModelInvalidRequestError):
        await llm().agenerate(prompts)


@pytest.mark.parametrize("how", ["invoke", "ainvoke", "batch", "abatch", "generate", "agenerate"])
async def test_tokens_are_counted(llm: MakeLLM, spark: Emulator, how: str) -> None:
    replay(spark, answer("您", "好"), answer("您", "好"))
    seen = Tokens()
    model = llm(callbacks=[seen])
    asked = getattr(model, how)("问" if "invoke" in how else ["问", "问"])
    if how.startswith("a"):
        asked = await asked
    calls = 1 if "invoke" in how else 2
    totals = [end.generations[0][0].generation_info for end in seen.ends]
    assert [info["token_usage"]["total_tokens"] for info in totals if info] == (
        [USAGE.total_tokens] * calls
    )
    assert {info["finish_reason"] for info in totals if info} == {"stop"}
    told = asked.llm_output if "generate" in how else seen.ends[0].llm_output
    assert told is not None
    expected = USAGE.prompt_tokens * (calls if "generate" in how else 1)
    assert (told["token_usage"]["prompt_tokens"], told["model_name"]) == (expected, "4.0Ultra")


async def test_usage_callbacks_see_what_spark_counted(llm: MakeLLM, spark: Emulator) -> None:
    replay(spark, answer("您"), answer("好"))
    with get_usage_metadata_callback() as usage:
        llm().invoke("问")
        await llm().ainvoke("问")
    assert usage.usage_metadata["4.0Ultra"]["total_tokens"] == 2 * USAGE.total_tokens


class Tokens(BaseCallbackHandler):
    """Keeps what a tracer is told."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.ends: list[LLMResult] = []

    def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        self.tokens.append(token)

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        self.ends.append(response)


@pytest.mark.parametrize("how", ["stream", "astream"])
async def test_callbacks_see_each_token_once(llm: MakeLLM, spark: Emulator, how: str) -> None:
    replay(spark, answer("您", "好", "！"))
    seen = Tokens()
    text = await ask(llm(callbacks=[seen]), "你好", how)
    assert "".join(seen.tokens) == text == "您好！"
    assert [token for token in seen.tokens if token] == ["您", "好", "！"]
    (end,) = seen.ends
    info = end.generations[0][0].generation_info
    assert info is not None
    assert (info["finish_reason"], info["sid"]) == ("stop", SID)
    assert info["token_usage"]["total_tokens"] == USAGE.total_tokens


@WAYS
async def test_stop_and_options(llm: MakeLLM, spark: Emulator, how: str) -> None:
    model = llm(temperature=0.3, stop="五六").bind(max_tokens=50)
    assert (await ask(model, "一二三四五六七", how)).endswith("一二三四")
    sent = spark.requests[-1].body["parameter"]["chat"]
    assert (sent["temperature"], sent["max_tokens"]) == (0.3, 50)


@WAYS
async def test_failures_are_langchains(llm: MakeLLM, spark: Emulator, how: str) -> None:
    spark.script(faults.ErrorFrame(11202))
    with pytest.raises(core.ModelRateLimitError):
        await ask(llm(max_retries=0), "你好", how)


def test_a_chain(llm: MakeLLM) -> None:
    chain = PromptTemplate.from_template("讲讲{what}") | llm()
    assert "讲讲潮汐" in chain.invoke({"what": "潮汐"})


def test_what_it_tells_of_itself(llm: MakeLLM) -> None:
    model = llm(model="lite", temperature=0.3)
    assert model._llm_type == "spark"
    assert model._identifying_params["model"] == "lite"
    assert "secret" not in str(model._identifying_params)
    assert model.get_num_tokens("今天天气很好") > 0
