"""What the local Spark answers to the prompts of LlamaIndex that only a language model could."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from iflytek_spark.emulator import SeenChat

_OBSERVED = "Observation: "


def step(tool: str, **arguments: object) -> str:
    """A step of the ReAct form that calls a tool."""
    given = json.dumps(arguments, ensure_ascii=False)
    return f"Thought: 需要工具。\nAction: {tool}\nAction Input: {given}"


def react_to_weather(request: SeenChat) -> str:
    """Ask for the weather of the city in the newest question, then say what it is."""
    if request.text.startswith(_OBSERVED):
        return f"Thought: 可以回答了。\nAnswer: {request.text.removeprefix(_OBSERVED)}"
    city = re.search("(..)的天气怎么样", request.text)
    return step("weather", city=city[1]) if city else "Thought: 可以回答了。\nAnswer: 你好！"


def react_in(*steps: str) -> Callable[[SeenChat], str]:
    """Take these steps, one after each observation, then say all that was observed."""

    def respond(request: SeenChat) -> str:
        texts = [message.text for message in request.messages]
        seen = [text.removeprefix(_OBSERVED) for text in texts if text.startswith(_OBSERVED)]
        if len(seen) < len(steps):
            return steps[len(seen)]
        return f"Thought: 可以回答了。\nAnswer: {'；'.join(seen)}"

    return respond


def split_into(**questions: str) -> Callable[[SeenChat], str | None]:
    """Split the question into these, one for a tool; answer them by the emulator's rules."""
    items = [{"sub_question": said, "tool_name": name} for name, said in questions.items()]

    def respond(request: SeenChat) -> str | None:
        if "list of relevant sub-questions" not in request.text:
            return None
        return f"```json\n{json.dumps({'items': items}, ensure_ascii=False)}\n```"

    return respond


def deny(claim: str) -> Callable[[SeenChat], str | None]:
    """Answer NO to the evaluators' prompts that hold a claim, and YES to the others."""

    def respond(request: SeenChat) -> str | None:
        if "YES" not in request.text:
            return None
        return "NO" if claim in request.text else "YES"

    return respond


def score(request: SeenChat) -> str:
    """Give all points; to an answer that is not the right one, the fewest."""
    answers = re.search(
        r"## Reference Answer\s+(.*?)\s+## Generated Answer\s+(.*?)\s*\Z", request.text, re.DOTALL
    )
    if answers:
        return f"{'5.0' if answers[1] == answers[2] else '1.0'}\n已与参考答案比较。"
    return f"都相符。\n[RESULT] {4 if 'Context:' in request.text else 2}"


def rank_first(fact: str) -> Callable[[SeenChat], str]:
    """Rank the numbered document that holds a fact."""

    def respond(request: SeenChat) -> str:
        _, _, shown = request.text.partition("Let's try this now:")
        documents = re.split(r"^Document (\d+):$", shown, flags=re.MULTILINE)
        numbers = zip(documents[1::2], documents[2::2])
        return "\n".join(f"Doc: {number}, Relevance: 9" for number, text in numbers if fact in text)

    return respond
