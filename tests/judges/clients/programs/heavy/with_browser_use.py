"""browser-use's model for OpenAI; it sends frequency_penalty 0.3 unasked."""

from browser_use import ChatOpenAI
from browser_use.llm.messages import SystemMessage, UserMessage
from pydantic import BaseModel
from steps import BASE, HELLO, KEY, MODEL, PERSON_TEXT, WORLD, run, same, step


class Person(BaseModel):
    name: str
    age: int


def model():
    return ChatOpenAI(model=MODEL, base_url=BASE, api_key=KEY)


@step
async def chat():
    messages = [SystemMessage(content="简短。"), UserMessage(content=HELLO)]
    same((await model().ainvoke(messages)).completion, WORLD)


@step
async def structured():
    answer = await model().ainvoke([UserMessage(content=PERSON_TEXT)], output_format=Person)
    same(answer.completion, Person(name="张三", age=30))


run()
