"""agno's agents."""

from agno.agent import Agent
from agno.exceptions import ContextWindowExceededError
from agno.models.message import Message
from agno.models.openai.like import OpenAILike
from pydantic import BaseModel
from steps import (
    BASE,
    HELLO,
    KEY,
    LONG,
    MODEL,
    PERSON_TEXT,
    SUNNY,
    WEATHER,
    WORLD,
    refusal,
    run,
    same,
    step,
)


class Person(BaseModel):
    name: str
    age: int


def get_weather(city: str) -> str:
    """今天的天气"""
    return f"{city}：晴"


def agent(**settings):
    model = OpenAILike(id=MODEL, base_url=BASE, api_key=KEY)
    return Agent(model=model, telemetry=False, **settings)


@step
def chat():
    same(agent(instructions="简短。").run(HELLO).content, WORLD)


@step
def stream():
    events = agent(tools=[get_weather]).run(WEATHER, stream=True)
    same("".join(event.content or "" for event in events if hasattr(event, "content")), SUNNY)


@step
def tools():
    same(agent(tools=[get_weather]).run(WEATHER).content, SUNNY)


@step
def structured():
    same(agent(output_schema=Person).run(PERSON_TEXT).content, Person(name="张三", age=30))


@step
def a_history_too_long():
    model = OpenAILike(id="lite", base_url=BASE, api_key=KEY)
    asked = [Message(role="user", content=LONG)]
    refusal(ContextWindowExceededError, lambda: model.response(asked))


run()
