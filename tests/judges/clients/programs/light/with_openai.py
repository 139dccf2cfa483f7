"""OpenAI's client for Python."""

import openai
from pydantic import BaseModel
from steps import (
    BASE,
    HELLO,
    IMAGE,
    KEY,
    LONG,
    LOOK,
    MODEL,
    PERSON_TEXT,
    SEEN,
    SUNNY,
    VECTORS,
    WEATHER,
    WORLD,
    refusal,
    run,
    same,
    step,
)

client = openai.OpenAI(base_url=BASE, api_key=KEY, max_retries=0)
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


class Person(BaseModel):
    name: str
    age: int


def user(content):
    return {"role": "user", "content": content}


@step
def chat():
    response = client.chat.completions.create(model=MODEL, messages=[user(HELLO)])
    same(response.choices[0].message.content, WORLD)
    assert response.usage.total_tokens > 0
    assert response._request_id


@step
def stream():
    options = {"include_usage": True}
    chunks = list(
        client.chat.completions.create(
            model=MODEL, messages=[user(HELLO)], stream=True, stream_options=options
        )
    )
    same("".join(c.choices[0].delta.content or "" for c in chunks if c.choices), WORLD)
    assert chunks[-1].usage.total_tokens > 0


@step
def tools():
    history = [user(WEATHER)]
    asked = client.chat.completions.create(model=MODEL, messages=history, tools=[TOOL])
    call = asked.choices[0].message.tool_calls[0]
    same(call.function.name, "get_weather")
    history += [
        asked.choices[0].message,
        {"role": "tool", "tool_call_id": call.id, "content": "晴"},
    ]
    answered = client.chat.completions.create(model=MODEL, messages=history, tools=[TOOL])
    same(answered.choices[0].message.content, SUNNY)


@step
def structured():
    parsed = client.chat.completions.parse(
        model=MODEL, messages=[user(PERSON_TEXT)], response_format=Person
    )
    same(parsed.choices[0].message.parsed, Person(name="张三", age=30))


@step
def image():
    parts = [{"type": "text", "text": LOOK}, {"type": "image_url", "image_url": {"url": IMAGE}}]
    response = client.chat.completions.create(model=MODEL, messages=[user(parts)])
    same(response.choices[0].message.content, SEEN)


@step
def vectors():
    response = client.embeddings.create(model=VECTORS, input=["甲", "乙"])
    same([len(one.embedding) for one in response.data], [2560, 2560])


@step
def sampling_that_spark_lacks():
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=[user(HELLO)], seed=1, top_p=0.1, frequency_penalty=0.3, store=True
    )
    same(raw.headers["x-spark-ignored"], "seed, store, top_p, frequency_penalty")


@step
def errors():
    def ask(model, content):
        return lambda: client.chat.completions.create(model=model, messages=[user(content)])

    same(refusal(openai.NotFoundError, ask("gpt-9", HELLO)).code, "model_not_found")
    same(refusal(openai.BadRequestError, ask("lite", LONG)).code, "context_length_exceeded")


@step
def models():
    assert MODEL in {model.id for model in client.models.list()}


run()
