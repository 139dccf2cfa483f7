"""A deep agent gives a task to another agent, then writes a file and reads it."""

from __future__ import annotations

from typing import Any

from deepagents import create_deep_agent
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool

from iflytek_spark.emulator import Call, Emulator
from tests.judges.langchain_spark.running import WAYS, run
from tests.judges.replies import functions, in_turn
from tests.langchain_spark.asking import Make


@tool
def search(queries: str | list[str]) -> str:
    """Search for something."""
    return f"found: {queries!r}"


def called(name: str, **arguments: Any) -> Call:
    return Call(name, arguments)


@WAYS
async def test_a_deep_agent(chat: Make, spark: Emulator, how: str) -> None:
    spark.respond = in_turn(
        called("task", description="查合肥", subagent_type="general-purpose"),
        called("search", queries=["合肥"]),
        "合肥有 946 万人。",
        called("write_file", file_path="/report.md", content="# 合肥\n946 万人\n"),
        called("read_file", file_path="/report.md"),
        "报告写好了。",
    )
    state = await run(create_deep_agent(model=chat(), tools=[search]), "写合肥的报告", how)
    assert state["messages"][-1].text == "报告写好了。"
    told = [message for message in state["messages"] if isinstance(message, ToolMessage)]
    assert [message.status for message in told] == ["success"] * 3
    assert "合肥有 946 万人。" in told[0].text
    assert "946 万人" in told[2].text
    assert {"search", "task", "write_file", "edit_file", "grep"} <= set(functions(spark))
    assert len(spark.requests) == 6
