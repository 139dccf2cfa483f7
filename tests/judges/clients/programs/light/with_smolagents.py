"""smolagents: its model, and the agents that call tools and write code."""

from smolagents import CodeAgent, OpenAIModel, ToolCallingAgent, tool
from steps import BASE, HELLO, KEY, MODEL, SUNNY, WEATHER, WORLD, run, same, step

ASKED = [{"role": "user", "content": [{"type": "text", "text": HELLO}]}]


@tool
def get_weather(city: str) -> str:
    """今天的天气

    Args:
        city: 城市
    """
    return f"{city}：晴"


def model():
    return OpenAIModel(model_id=MODEL, api_base=BASE, api_key=KEY)


@step
def chat():
    same(model()(ASKED).content, WORLD)


@step
def stream():
    same("".join(delta.content or "" for delta in model().generate_stream(ASKED)), WORLD)


@step
def an_agent_that_calls():
    agent = ToolCallingAgent(tools=[get_weather], model=model(), max_steps=3, verbosity_level=0)
    same(agent.run(WEATHER), SUNNY)


@step
def an_agent_that_writes_code():
    agent = CodeAgent(tools=[get_weather], model=model(), max_steps=2, verbosity_level=0)
    same(agent.run(WEATHER), SUNNY)


run()
