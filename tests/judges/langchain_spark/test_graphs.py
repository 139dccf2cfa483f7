"""Graphs in which several agents write one list of messages."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import SystemMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph_supervisor import create_supervisor

from iflytek_spark.emulator import Call, Emulator
from langchain_spark import ChatSpark
from tests.judges.langchain_spark.running import WAYS, messages_of
from tests.judges.replies import functions, in_turn, turns
from tests.langchain_spark.asking import Make, ask

# langgraph_supervisor builds its supervisor with what LangGraph means to drop.
pytestmark = pytest.mark.filterwarnings("ignore:create_react_agent has been moved")

MODELS = pytest.mark.parametrize("model", ["4.0Ultra", "lite"])
"""One that has a system role, and one that has none."""


def node(llm: ChatSpark, prompt: str) -> Any:
    """A node that asks with its own system message before the common list, sync and async."""

    def given(state: MessagesState) -> list[Any]:
        return [SystemMessage(prompt), *state["messages"]]

    return RunnableLambda(given) | llm | (lambda message: {"messages": [message]})


def writer_and_critic(llm: ChatSpark) -> Any:
    """A writer, a critic who sees the writer's text last, and the writer again."""
    graph = StateGraph(MessagesState)
    graph.add_node("writer", node(llm, "你写短文。"))
    graph.add_node("critic", node(llm, "你提意见。"))
    graph.add_edge(START, "writer")
    graph.add_conditional_edges(
        "writer", lambda state: "critic" if len(state["messages"]) < 4 else END
    )
    graph.add_edge("critic", "writer")
    return graph.compile()


@WAYS
@MODELS
async def test_a_writer_and_a_critic(chat: Make, spark: Emulator, model: str, how: str) -> None:
    spark.respond = in_turn("初稿", "太短", "定稿")
    messages = await messages_of(writer_and_critic(chat(model=model)), "写秋天", how)
    assert [message.text for message in messages] == ["初稿", "太短", "定稿"]
    for at, seen in enumerate(["写秋天", "初稿", "太短"]):
        assert turns(spark, at)[-1][0] == "user"
        assert seen in "".join(text for _, text in turns(spark, at))
    assert len(spark.requests) == 3


@WAYS
@MODELS
async def test_a_template_of_a_system_message_alone(
    chat: Make, spark: Emulator, model: str, how: str
) -> None:
    template = ChatPromptTemplate([("system", "把“{text}”译成英文。")])
    spark.respond = in_turn("Hello")
    chain: Any = template.partial(text="你好") | chat(model=model)
    given: Any = {}
    answer = await ask(chain, given, how)
    assert answer.text == "Hello"
    assert turns(spark)[-1][0] == "user"
    assert "把“你好”译成英文。" in "".join(text for _, text in turns(spark))


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def team(llm: ChatSpark, **settings: Any) -> Any:
    """A supervisor of two agents."""
    adder = create_agent(llm, [add], name="adder", system_prompt="你会算数。")
    poet = create_agent(llm, [], name="poet", system_prompt="你会写诗。")
    return create_supervisor([adder, poet], model=llm, prompt="你分配任务。", **settings).compile()


SETTINGS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "without messages back": {"add_handoff_back_messages": False},
    "whole history": {"output_mode": "full_history"},
    "whole history, without messages back": {
        "output_mode": "full_history",
        "add_handoff_back_messages": False,
    },
    "without messages at all": {"add_handoff_messages": False, "add_handoff_back_messages": False},
}


@WAYS
@pytest.mark.parametrize("setting", SETTINGS)
async def test_a_supervisor(chat: Make, spark: Emulator, setting: str, how: str) -> None:
    spark.respond = in_turn(
        Call("transfer_to_adder", {}),
        Call("add", {"a": 17, "b": 25}),
        "是 42。",
        Call("transfer_to_poet", {}),
        "四十二，好。",
        "算好了，也写好了。",
    )
    *_, last = await messages_of(team(chat(), **SETTINGS[setting]), "17+25，写成诗", how)
    assert last.text == "算好了，也写好了。"
    assert len(spark.requests) == 6
    assert set(functions(spark)) == {"transfer_to_adder", "transfer_to_poet"}
    assert all(turns(spark, at)[-1][0] == "user" for at in range(6))
    assert "四十二，好。" in "".join(text for _, text in turns(spark))
