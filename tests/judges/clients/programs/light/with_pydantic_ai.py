"""pydantic-ai with its model for OpenAI's chat."""

import base64

from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, NativeOutput, PromptedOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from steps import (
    BASE,
    HELLO,
    KEY,
    LOOK,
    MODEL,
    PERSON_TEXT,
    PNG,
    SEEN,
    SUNNY,
    WEATHER,
    WORLD,
    run,
    same,
    step,
)


class Person(BaseModel):
    name: str
    age: int


def agent(**settings):
    provider = OpenAIProvider(base_url=BASE, api_key=KEY)
    return Agent(OpenAIChatModel(MODEL, provider=provider), **settings)


@step
async def chat():
    same((await agent(instructions="简短。").run(HELLO)).output, WORLD)


@step
async def instructions_alone():
    same((await agent(instructions=HELLO).run()).output, WORLD)


@step
async def stream():
    async with agent().run_stream(HELLO) as result:
        same("".join([text async for text in result.stream_text(delta=True)]), WORLD)


@step
async def tools():
    own = agent()

    @own.tool_plain
    def get_weather(city: str) -> str:
        """今天的天气"""
        return f"{city}：晴"

    same((await own.run(WEATHER)).output, SUNNY)


@step
async def structured():
    for kind in (Person, NativeOutput(Person), PromptedOutput(Person)):
        result = await agent(output_type=kind).run(PERSON_TEXT)
        same(result.output, Person(name="张三", age=30))


@step
async def image():
    content = BinaryContent(data=base64.b64decode(PNG), media_type="image/png")
    same((await agent().run([LOOK, content])).output, SEEN)


run()
