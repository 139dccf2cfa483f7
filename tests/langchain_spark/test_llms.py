"""SparkLLM: text in, text out, for chains written against LangChain's text completion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core import exceptions as core
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.outputs import LLMResult
from langchain_core.prompts import PromptTemplate

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
