"""Haystack's generator, agent and embedder."""

from typing import Annotated

from haystack.components.agents import Agent
from haystack.components.embedders import OpenAITextEmbedder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.tools import tool
from haystack.utils import Secret
from steps import BASE, HELLO, KEY, MODEL, SUNNY, VECTORS, WEATHER, WORLD, run, same, step

COMMON = {"api_base_url": BASE, "api_key": Secret.from_token(KEY), "max_retries": 0}


@tool
def get_weather(city: Annotated[str, "城市"]) -> str:
    """今天的天气"""
    return f"{city}：晴"


def generator(**more):
    return OpenAIChatGenerator(model=MODEL, **COMMON, **more)


@step
def chat():
    same(generator().run([ChatMessage.from_user(HELLO)])["replies"][0].text, WORLD)


@step
def stream():
    chunks = []
    replies = generator(streaming_callback=chunks.append).run([ChatMessage.from_user(HELLO)])
    same(replies["replies"][0].text, WORLD)
    assert len(chunks) > 1


@step
def agent():
    own = Agent(chat_generator=generator(), tools=[get_weather])
    same(own.run(messages=[ChatMessage.from_user(WEATHER)])["messages"][-1].text, SUNNY)


@step
def vectors():
    same(len(OpenAITextEmbedder(model=VECTORS, **COMMON).run("甲")["embedding"]), 2560)


run()
