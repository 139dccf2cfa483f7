"""Qwen-Agent; it sends a random seed in every call."""

import json
from typing import ClassVar

from qwen_agent.agents import Assistant
from qwen_agent.llm import get_chat_model
from qwen_agent.tools.base import BaseTool, register_tool
from steps import BASE, HELLO, KEY, MODEL, SUNNY, WEATHER, WORLD, run, same, step

ASKED = [{"role": "user", "content": HELLO}]


@register_tool("get_weather")
class Weather(BaseTool):
    description = "今天的天气"
    parameters: ClassVar = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    }

    def call(self, params, **_more):
        return f"{json.loads(params)['city']}：晴"


def settings(**more):
    return {
        "model": MODEL,
        "model_type": "oai",
        "model_server": BASE,
        "api_key": KEY,
        "generate_cfg": more,
    }


@step
def chat():
    (answer,) = get_chat_model(settings()).chat(ASKED, stream=False)
    same(answer["content"], WORLD)


@step
def stream():
    *_, last = get_chat_model(settings()).chat(ASKED, stream=True)
    same(last[-1]["content"], WORLD)


@step
def tools_in_the_request():
    agent = Assistant(llm=settings(use_raw_api=True), function_list=["get_weather"])
    *_, last = agent.run([{"role": "user", "content": WEATHER}])
    same(last[-1]["content"], SUNNY)


run()
