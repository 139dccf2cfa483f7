"""LlamaIndex's class for hosts that are like OpenAI."""

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel
from steps import (
    BASE,
    HELLO,
    KEY,
    MODEL,
    PERSON_TEXT,
    SUNNY,
    VECTORS,
    WEATHER,
    WORLD,
    run,
    same,
    step,
)


class Person(BaseModel):
    """一个人"""

    name: str
    age: int


def get_weather(city: str) -> str:
    """今天的天气"""
    return f"{city}：晴"


def llm(**more):
    settings = {"is_chat_model": True, "is_function_calling_model": True, **more}
    return OpenAILike(model=MODEL, api_base=BASE, api_key=KEY, max_retries=0, **settings)


@step
def chat():
    same(llm().chat([ChatMessage(role="user", content=HELLO)]).message.content, WORLD)


@step
def stream():
    chunks = list(llm().stream_chat([ChatMessage(role="user", content=HELLO)]))
    same(chunks[-1].message.content, WORLD)


@step
async def agent():
    same(str(await FunctionAgent(tools=[get_weather], llm=llm()).run(WEATHER)), SUNNY)


@step
def structured():
    for native in (False, True):
        own = llm(should_use_structured_outputs=native)
        same(own.as_structured_llm(Person).complete(PERSON_TEXT).raw, Person(name="张三", age=30))


@step
def vectors():
    embedding = OpenAIEmbedding(model_name=VECTORS, api_base=BASE, api_key=KEY)
    same(len(embedding.get_text_embedding("甲")), 2560)


@step
def its_default():
    same(OpenAILike(model=MODEL, api_base=BASE, api_key=KEY).complete(HELLO).text, WORLD)


run()
