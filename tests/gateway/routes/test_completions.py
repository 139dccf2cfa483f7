"""``/v1/completions``: a prompt is one turn of the user's."""

from __future__ import annotations

from typing import Any

import httpx
import openai
import pytest
from langchain_openai import OpenAI
from llama_index.llms.openai_like import OpenAILike
from pydantic import SecretStr

from iflytek_spark.emulator import faults
from tests.gateway.gateway_helpers import Gateway

MODEL = "4.0Ultra"
TIDES = "讲一讲潮汐"


def test_a_text_whole_and_streamed(client: openai.OpenAI) -> None:
    whole = client.completions.create(model=MODEL, prompt=TIDES, stop=None)
    (choice,) = whole.choices
    assert TIDES in choice.text
    assert (choice.finish_reason, choice.index, choice.logprobs) == ("stop", 0, None)
    assert (whole.object, whole.model) == ("text_completion", MODEL)
    assert whole.usage
    usage: Any = {"include_usage": True}
    *chunks, last = client.completions.create(
        model=MODEL, prompt=TIDES, stream=True, stream_options=usage
    )
    assert "".join(chunk.choices[0].text for chunk in chunks) == choice.text
    assert [chunk.choices[0].finish_reason for chunk in chunks][-2:] == [None, "stop"]
    assert (last.choices, last.usage) == ([], whole.usage)


def test_several_prompts_are_answered_each(client: openai.OpenAI, gateway: Gateway) -> None:
    before = len(gateway.spark.requests)
    answer = client.completions.create(model=MODEL, prompt=["请重复：一", "请重复：二"])
    assert [one.index for one in answer.choices] == [0, 1]
    assert all(word in one.text for word, one in zip("一二", answer.choices))
    assert answer.usage
    assert len(gateway.spark.requests) == before + 2
    with pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(model=MODEL, prompt=["a", "b"], stream=True)
    assert caught.value.param == "prompt"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("suffix", "the end"),
        ("echo", True),
        ("logprobs", 2),
        ("best_of", 3),
        ("n", 2),
        ("prompt", ""),
        ("prompt", []),
        ("prompt", [1, 2]),
    ],
)
def test_what_would_change_the_form_is_refused(
    client: openai.OpenAI, field: str, value: object
) -> None:
    body: Any = {"model": MODEL, "prompt": "x", field: value}
    with pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(**body)
    assert (caught.value.param or "").startswith(field)


def test_what_asks_for_nothing_is_taken(client: openai.OpenAI) -> None:
    more: Any = {"suffix": "", "echo": False, "best_of": 1, "n": 1, "logit_bias": {}, "seed": 3}
    raw = client.completions.with_raw_response.create(model=MODEL, prompt="x", **more)
    assert raw.headers["x-spark-ignored"] == "seed"


def test_a_cut_stream_is_an_error(client: openai.OpenAI, gateway: Gateway) -> None:
    gateway.spark.script(faults.Cut(after=3))
    with pytest.raises(openai.APIError):
        list(client.completions.create(model=MODEL, prompt="x", stream=True))


def test_langchains_client_of_completions(gateway: Gateway) -> None:
    with httpx.Client() as http:
        key = SecretStr("any")
        llm = OpenAI(
            model=MODEL, base_url=gateway.url, api_key=key, max_retries=0, http_client=http
        )
        assert "秋天" in llm.invoke("请重复：秋天")
        first, second = llm.batch(["请重复：一", "请重复：二"])
        assert ("一" in first, "二" in second) == (True, True)
        assert "秋天" in "".join(llm.stream("请重复：秋天"))


def test_llama_indexs_client_with_its_defaults(gateway: Gateway) -> None:
    with httpx.Client() as http:
        more: Any = {"http_client": http}
        llm = OpenAILike(model=MODEL, api_base=gateway.url, api_key="any", max_retries=0, **more)
        assert "秋天" in llm.complete("请重复：秋天").text
        assert "秋天" in [*llm.stream_complete("请重复：秋天")][-1].text
