"""Prompts of thoughts, actions and observations: which tool is called, and how it ends."""

from __future__ import annotations

import pytest

from iflytek_spark.emulator import Emulator
from tests.emulator.raw_client import ask

_TOOLS = """\
get_weather(city: str) -> str - 查询一个城市的天气
add(a: int, b: int = 1) -> int - Adds two numbers"""
_TOOLS_WITH_ARGS = """\
get_weather: 查询一个城市的天气, args: {'city': {'title': 'City', 'type': 'string'}}
add: Adds two numbers, args: {'a': {'type': 'integer'}, 'b': {'type': 'integer'}}"""
_TOOLS_WITH_SCHEMA = """\
> Tool Name: get_weather
Tool Description: 查询一个城市的天气
Tool Args: {"properties": {"city": {"type": "string"}}, "required": ["city"], "type": "object"}

> Tool Name: add
Tool Description: Adds two numbers
Tool Args: {"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "type": "object"}"""
_NAMES_ONLY = "get_weather: 查询一个城市的天气\n- `add`: Adds two numbers"

_LINES = """You may use these tools:

{tools}

Go on in this form:

Question: what you have to answer
Thought: what to do next
Action: one of [get_weather, add]
Action Input: the input{json}
Observation: what the tool says
(and so on)
Thought: I know enough
Final Answer: the answer

Start!

Question: {question}
Thought:{steps}"""


def _asked(question: str, tools: str = _TOOLS, json: str = "", steps: str = "") -> str:
    return _LINES.format(tools=tools, question=question, json=json, steps=steps)


@pytest.mark.parametrize("tools", [_TOOLS, _TOOLS_WITH_ARGS, _TOOLS_WITH_SCHEMA])
@pytest.mark.parametrize(
    ("question", "json", "action", "given"),
    [
        ("北京的天气怎么样？", "", "get_weather", "北京"),
        ("北京的天气怎么样？", " as JSON", "get_weather", '{"city": "北京"}'),
        ("Add the numbers 4 and 5.", "", "add", '{"a": 4, "b": 5}'),
    ],
)
def test_it_acts_in_the_form_of_the_prompt(
    spark: Emulator, tools: str, question: str, json: str, action: str, given: str
) -> None:
    text = ask(spark, _asked(question, tools, json)).text
    thought, *lines = text.split("\n")
    assert thought
    assert lines == [f"Action: {action}", f"Action Input: {given}"]


def test_a_tool_without_parameters_takes_a_text(spark: Emulator) -> None:
    text = ask(spark, _asked("北京的天气怎么样？", _NAMES_ONLY)).text
    assert text.endswith("Action: get_weather\nAction Input: 北京")


@pytest.mark.parametrize(
    ("question", "answer"),
    [("你好", "你好！我是"), ("Sing me a song", "You asked: “Sing me a song”")],
)
def test_it_answers_at_once_when_no_tool_fits(spark: Emulator, question: str, answer: str) -> None:
    _, last = ask(spark, _asked(question)).text.split("\n")
    assert last.startswith(f"Final Answer: {answer}")


def test_it_ends_with_what_was_observed(spark: Emulator) -> None:
    steps = "我看看。\nAction: get_weather\nAction Input: 北京\nObservation: 晴，\n25 度\nThought: "
    text = ask(spark, _asked("北京的天气怎么样？", steps=steps)).text
    assert "Action" not in text
    assert text.split("Final Answer: ")[1].endswith("晴，\n25 度")


def test_each_tool_is_called_once(spark: Emulator) -> None:
    question = "北京的天气怎么样？ Add the numbers 4 and 5."
    steps, called = "", []
    for _ in range(3):
        text = ask(spark, _asked(question, steps=steps)).text
        called += [line for line in text.split("\n") if line.startswith("Action: ")]
        steps += f" {text}\nObservation: 好\nThought:"
    assert sorted(called) == ["Action: add", "Action: get_weather"]


def test_the_last_thought_names_the_label_of_the_answer(spark: Emulator) -> None:
    prompt = f"""{_TOOLS}

Thought: Do I need a tool? Yes
Action: one of [get_weather, add]
Action Input: the input
Observation: the result

Thought: Do I need a tool? No
Reply: [what you say]

New input: {{}}
"""
    assert "Action: get_weather" in ask(spark, prompt.format("北京的天气怎么样？")).text
    assert "\nReply: 你好！" in ask(spark, prompt.format("你好")).text


def test_the_labels_may_be_chinese(spark: Emulator) -> None:
    prompt = """可以使用的工具：

search：搜索资料
clock：报告时间

格式如下：

问题：要回答的问题
思考：该做什么
行动：应是[search, clock]之一
行动输入：工具的输入
观察：工具的结果
思考：知道答案了
最终答案：回答

问题：搜索星火的资料
"""
    text = ask(spark, prompt).text
    assert text.startswith("思考: ")
    assert text.endswith("\n行动: search\n行动输入: 星火")
    done = ask(spark, f"{prompt}{text}\n观察：星火是大模型\n").text
    assert done.split("\n")[-1].startswith("最终答案: ")
    assert done.endswith("星火是大模型")


def test_the_steps_may_stand_in_turns(spark: Emulator) -> None:
    form, _, _ = _asked("").partition("Start!")
    system = {"role": "system", "content": form}
    reply = {"role": "assistant", "content": "Thought: 可以回答了。\nFinal Answer: 晴"}
    earlier = ("上海的天气怎么样？", reply, "北京的天气怎么样？")
    acted = ask(spark, system, *earlier).text
    assert acted.endswith("Action: get_weather\nAction Input: 北京")
    step = {"role": "assistant", "content": acted}
    done = ask(spark, system, *earlier, step, "Observation: 晴，25 度").text
    assert done.startswith("Thought: ")
    assert "Final Answer: 关于“北京的天气怎么样？”" in done


def test_a_form_without_tools_is_answered_plainly(spark: Emulator) -> None:
    text = ask(spark, _asked("Sing me a song", tools="none")).text
    assert text.startswith("You asked")
