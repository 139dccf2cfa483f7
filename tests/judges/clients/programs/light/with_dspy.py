"""DSPy, over litellm."""

import dspy
from steps import BASE, KEY, MODEL, SUNNY, WEATHER, run, same, step

dspy.configure(lm=dspy.LM(f"openai/{MODEL}", api_base=BASE, api_key=KEY, cache=False))


@step
def a_question():
    same(dspy.Predict("question -> answer")(question=WEATHER).answer, SUNNY)


@step
def a_chain_of_thought():
    same(dspy.ChainOfThought("question -> answer")(question=WEATHER).answer, SUNNY)


@step
async def stream():
    listener = dspy.streaming.StreamListener(signature_field_name="answer")
    program = dspy.streamify(dspy.Predict("question -> answer"), stream_listeners=[listener])
    seen = [one async for one in program(question=WEATHER)]
    same(seen[-1].answer, SUNNY)


run()
