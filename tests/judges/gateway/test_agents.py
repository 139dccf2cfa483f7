"""OpenAI's agents and instructor with their defaults, on the gateway's ``/v1/responses``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import instructor
import openai
import pytest
from agents import (
    Agent,
    Runner,
    function_tool,
    set_default_openai_client,
    set_tracing_disabled,
)
from openai.types.responses import ResponseTextDeltaEvent
from pydantic import BaseModel

from tests.gateway.gateway_helpers import Gateway, one_gateway

MODEL = "4.0Ultra"


class City(BaseModel):
    name: str
    population: int


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"{city}: light rain, 18 degrees"


WEATHER = function_tool(get_weather)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with one_gateway(responses_store={}) as gateway:
        yield gateway


@pytest.fixture
async def agents_client(gateway: Gateway) -> AsyncIterator[None]:
    set_tracing_disabled(True)
    async with openai.AsyncOpenAI(base_url=gateway.url, api_key="any", max_retries=0) as client:
        set_default_openai_client(client, use_for_tracing=False)
        yield


@pytest.mark.usefixtures("agents_client")
async def test_an_agent_uses_a_tool() -> None:
    agent = Agent(name="helper", instructions="Help.", tools=[WEATHER], model=MODEL)
    result = await Runner.run(agent, "What is the weather in Hefei?")
    assert "light rain, 18 degrees" in result.final_output
    again = await Runner.run(
        agent, [*result.to_input_list(), {"role": "user", "content": "讲一讲潮汐"}]
    )
    assert "潮汐" in again.final_output


@pytest.mark.usefixtures("agents_client")
async def test_an_agent_goes_on_by_the_last_response() -> None:
    agent = Agent(name="helper", tools=[WEATHER], model=MODEL)
    question = "What is the weather in Hefei?"
    result = await Runner.run(agent, question, auto_previous_response_id=True)
    assert "light rain, 18 degrees" in result.final_output


@pytest.mark.usefixtures("agents_client")
async def test_an_agent_streams() -> None:
    agent = Agent(name="helper", tools=[WEATHER], model=MODEL)
    result = Runner.run_streamed(agent, "What is the weather in Hefei?")
    texts = [
        event.data.delta
        async for event in result.stream_events()
        if event.type == "raw_response_event" and isinstance(event.data, ResponseTextDeltaEvent)
    ]
    assert "".join(texts) == result.final_output
    assert result.context_wrapper.usage.total_tokens > 0


@pytest.mark.usefixtures("agents_client")
async def test_an_agent_answers_in_a_type() -> None:
    agent = Agent(name="reader", output_type=City, model=MODEL)
    result = await Runner.run(agent, "Hefei has 9850000 inhabitants.")
    assert result.final_output_as(City).population == 9850000


@pytest.mark.parametrize("mode", [instructor.Mode.RESPONSES_TOOLS])
def test_instructor(gateway: Gateway, mode: instructor.Mode) -> None:
    with openai.OpenAI(base_url=gateway.url, api_key="any", max_retries=0) as client:
        wrapped = instructor.from_openai(client, mode=mode)
        city = wrapped.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "Hefei has 9850000 inhabitants."}],
            response_model=City,
        )
    assert city.population == 9850000
