"""openai-agents, with its chat completions model and with its default."""

from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from openai import AsyncOpenAI
from pydantic import BaseModel
from steps import BASE, HELLO, KEY, MODEL, PERSON_TEXT, SUNNY, WEATHER, WORLD, run, same, step

set_tracing_disabled(True)


class Person(BaseModel):
    name: str
    age: int


@function_tool
def get_weather(city: str) -> str:
    """今天的天气"""
    return f"{city}：晴"


def agent(kind=OpenAIChatCompletionsModel, **settings):
    client = AsyncOpenAI(base_url=BASE, api_key=KEY, max_retries=0)
    return Agent(name="助手", model=kind(model=MODEL, openai_client=client), **settings)


@step
async def chat():
    same((await Runner.run(agent(instructions="简短。"), HELLO)).final_output, WORLD)


@step
async def stream():
    result = Runner.run_streamed(agent(), HELLO)
    assert [event async for event in result.stream_events()]
    same(result.final_output, WORLD)


@step
async def tools():
    same((await Runner.run(agent(tools=[get_weather]), WEATHER)).final_output, SUNNY)


@step
async def structured():
    result = await Runner.run(agent(output_type=Person), PERSON_TEXT)
    same(result.final_output, Person(name="张三", age=30))


@step
async def its_default_model():
    same((await Runner.run(agent(OpenAIResponsesModel), HELLO)).final_output, WORLD)


run()
