"""langchain-openai and LangChain's agent."""

from langchain.agents import create_agent
from langchain_core.exceptions import ContextOverflowError
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel
from steps import (
    BASE,
    HELLO,
    KEY,
    LONG,
    MODEL,
    PERSON_TEXT,
    SUNNY,
    VECTORS,
    WEATHER,
    WORLD,
    refusal,
    run,
    same,
    step,
)


class Person(BaseModel):
    """一个人"""

    name: str
    age: int


@tool
def get_weather(city: str) -> str:
    """今天的天气"""
    return f"{city}：晴"


def model(name=MODEL):
    return ChatOpenAI(model=name, base_url=BASE, api_key=KEY, max_retries=0)


@step
def chat():
    same(model().invoke(HELLO).content, WORLD)


@step
def a_system_message_alone():
    prompt = ChatPromptTemplate.from_messages([("system", HELLO)])
    same((prompt | model()).invoke({}).content, WORLD)


@step
def stream():
    same("".join(chunk.content for chunk in model().stream(HELLO)), WORLD)


@step
def agent():
    result = create_agent(model(), [get_weather]).invoke({"messages": [("user", WEATHER)]})
    same(result["messages"][-1].content, SUNNY)


@step
def structured():
    for method in ("function_calling", "json_schema"):
        result = model().with_structured_output(Person, method=method).invoke(PERSON_TEXT)
        same(result, Person(name="张三", age=30))


@step
def vectors():
    vectors = OpenAIEmbeddings(
        model=VECTORS, base_url=BASE, api_key=KEY, check_embedding_ctx_length=False
    ).embed_documents(["甲"])
    same(len(vectors[0]), 2560)


@step
def a_history_too_long():
    refusal(ContextOverflowError, lambda: model("lite").invoke(LONG))


run()
