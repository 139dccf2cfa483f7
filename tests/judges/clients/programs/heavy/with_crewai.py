"""CrewAI: a crew of one, with a tool."""

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool
from crewai.utilities.exceptions.context_window_exceeding_exception import (
    LLMContextLengthExceededError,
)
from steps import BASE, HELLO, KEY, LONG, MODEL, SUNNY, WEATHER, WORLD, refusal, run, same, step


@tool("get_weather")
def get_weather(city: str) -> str:
    """今天的天气"""
    return f"{city}：晴"


def llm(name=MODEL, **more):
    return LLM(model=f"openai/{name}", base_url=BASE, api_key=KEY, **more)


@step
def chat():
    same(llm().call(HELLO), WORLD)


@step
def a_seed():
    same(llm(seed=3).call(HELLO), WORLD)


@step
def stream():
    same(llm(stream=True).call(HELLO), WORLD)


@step
def crew():
    agent = Agent(
        role="助手", goal="回答", backstory="有工具", tools=[get_weather], llm=llm(), max_iter=3
    )
    task = Task(description=WEATHER, expected_output="一句话", agent=agent)
    same(Crew(agents=[agent], tasks=[task]).kickoff().raw, SUNNY)


@step
def a_history_too_long():
    refusal(LLMContextLengthExceededError, lambda: llm("lite").call(LONG))


run()
