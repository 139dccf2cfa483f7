"""AutoGen's agents with its client for OpenAI."""

from autogen_agentchat.agents import AssistantAgent
from autogen_core.models import UserMessage
from autogen_ext.models.openai import OpenAIChatCompletionClient
from pydantic import BaseModel
from steps import BASE, HELLO, KEY, MODEL, PERSON_TEXT, SUNNY, WEATHER, WORLD, run, same, step

ABILITIES = {
    "vision": True,
    "function_calling": True,
    "json_output": True,
    "structured_output": True,
    "family": "unknown",
}


class Person(BaseModel):
    name: str
    age: int


async def get_weather(city: str) -> str:
    """今天的天气"""
    return f"{city}：晴"


def model(**more):
    return OpenAIChatCompletionClient(
        model=MODEL, base_url=BASE, api_key=KEY, model_info=ABILITIES, **more
    )


@step
async def chat():
    same((await model().create([UserMessage(content=HELLO, source="user")])).content, WORLD)


@step
async def a_seed():
    answer = await model(seed=42).create([UserMessage(content=HELLO, source="user")])
    same(answer.content, WORLD)


@step
async def stream():
    chunks = [
        one async for one in model().create_stream([UserMessage(content=HELLO, source="user")])
    ]
    same(chunks[-1].content, WORLD)


@step
async def tools():
    agent = AssistantAgent("a", model_client=model(), tools=[get_weather], reflect_on_tool_use=True)
    same((await agent.run(task=WEATHER)).messages[-1].content, SUNNY)


@step
async def structured():
    agent = AssistantAgent("a", model_client=model(), output_content_type=Person)
    result = await agent.run(task=PERSON_TEXT)
    same(result.messages[-1].content, Person(name="张三", age=30))


run()
