"""litellm's ``openai/`` route."""

import litellm
from steps import BASE, HELLO, KEY, LONG, MODEL, VECTORS, WORLD, refusal, run, same, step

COMMON = {"api_base": BASE, "api_key": KEY, "max_retries": 0}
ASKED = [{"role": "user", "content": HELLO}]


@step
def chat():
    response = litellm.completion(model=f"openai/{MODEL}", messages=ASKED, **COMMON)
    same(response.choices[0].message.content, WORLD)


@step
async def stream():
    chunks = await litellm.acompletion(
        model=f"openai/{MODEL}", messages=ASKED, stream=True, **COMMON
    )
    same("".join([c.choices[0].delta.content or "" async for c in chunks]), WORLD)


@step
def a_seed():
    response = litellm.completion(model=f"openai/{MODEL}", messages=ASKED, seed=1, **COMMON)
    same(response.choices[0].message.content, WORLD)


@step
def vectors():
    response = litellm.embedding(model=f"openai/{VECTORS}", input=["甲"], **COMMON)
    same(len(response.data[0]["embedding"]), 2560)


@step
def a_history_too_long():
    messages = [{"role": "user", "content": LONG}]
    refusal(
        litellm.ContextWindowExceededError,
        lambda: litellm.completion(model="openai/lite", messages=messages, **COMMON),
    )


run()
