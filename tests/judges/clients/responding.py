"""What the local Spark answers to the clients: the same to each, whatever it wraps around it."""

from __future__ import annotations

import json
from typing import Any

from iflytek_spark.emulator import Call, Reply, SeenChat

WORLD, SUNNY, SEEN = "你好，世界。", "合肥晴。", "一个点。"
PERSON = {"name": "张三", "age": 30}
STATEMENT = "合肥有 946 万人。"
JUDGED = {"statement": STATEMENT, "reason": "一样", "verdict": 1}
TEXTS: dict[str, Any] = {
    # mem0
    "Observation Date": {"memory": [{"id": "0", "text": "喜欢打篮球", "attributed_to": "user"}]},
    # ragas
    "Break down each sentence": {"statements": [STATEMENT]},
    "judge the faithfulness": {"statements": [JUDGED]},
    '"age"': PERSON,
    "`age`": PERSON,
}
"""Words of a prompt that asks for JSON, and the JSON."""

DSPY = "[[ ## reasoning ## ]]\n看了天气。\n\n[[ ## answer ## ]]\n合肥晴。\n\n[[ ## completed ## ]]"
CODE = "看一看。\n<code>\nget_weather('合肥')\nfinal_answer('合肥晴。')\n</code>"


def respond(chat: SeenChat) -> Reply | Call | str:
    """Answer as a model would that does what it is told."""
    said = "\n".join(message.text for message in chat.messages)
    newest = chat.messages[-1].text
    if chat.tools:
        return _with_tools(chat, "tool_result>" in newest or "Observation:" in newest)
    if chat.spec.images:
        return SEEN
    for words, reply in TEXTS.items():
        if words in said:
            return json.dumps(reply, ensure_ascii=False)
    if "[[ ## answer ## ]]" in said:
        return DSPY
    if "final_answer" in said:
        return CODE
    return SUNNY if "天气" in newest or "tool_result>" in newest else WORLD


def _with_tools(chat: SeenChat, has_result: bool) -> Reply | Call | str:
    names = {tool.name for tool in chat.tools}
    weather = next((name for name in names if name.endswith("get_weather")), "")
    if weather and not has_result:
        return Call(weather, {"city": "合肥"})
    if "final_answer" in names:
        return Call("final_answer", {"answer": SUNNY})
    for tool in chat.tools:
        if "age" in json.dumps(tool.parameters):
            return Call(tool.name, PERSON)
    return SUNNY if has_result else WORLD
