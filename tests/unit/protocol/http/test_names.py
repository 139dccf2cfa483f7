"""The names that tools have on the wire end in the answer: the user reads his own."""

from __future__ import annotations

import pytest

from iflytek_spark.messages import Tool
from tests.http.quirks import DONE, USAGE, a, b, called
from tests.http.raw_server import events
from tests.unit.protocol.http.playing import answered, request_for

TOOLS = [Tool("天气.查询", "", {}), Tool("plain", "", {})]


@pytest.mark.parametrize("model", ["x2-flash", "spark-x2.5"])
def test_calls_come_under_the_users_names(model: str) -> None:
    request = request_for(model, tools=TOOLS)
    wire = [tool.name for tool in request.tools]
    event = a if model == "x2-flash" else b
    for names in (wire, ["天气.查询", "plain"]):
        calls = [called(name=name, id=f"c{at}") for at, name in enumerate(names)]
        response = events(event({"content": "看看", "tool_calls": calls}), event(usage=USAGE), DONE)
        answer = answered(request, response)
        assert answer.text == "看看"
        assert [call.name for call in answer.tool_calls] == ["天气.查询", "plain"]


def test_a_call_in_markup_may_use_either_name() -> None:
    request = request_for("spark-x2.5", tools=TOOLS)
    for name in (request.tools[0].name, "天气.查询"):
        text = f'<tool_call>{{"name": "{name}"}}</tool_call>'
        answer = answered(request, events(b({"content": text}, "stop"), b(usage=USAGE), DONE))
        assert [call.name for call in answer.tool_calls] == ["天气.查询"]
