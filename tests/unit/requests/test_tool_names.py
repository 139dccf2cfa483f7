"""Names of tools on the wire: legal, each another one, and the same in every call."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.messages import Message, Tool, ToolCall
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.models.routes import route
from iflytek_spark.requests.build import ChatRequest, build_request
from iflytek_spark.requests.tool_names import OPENAI_NAMES, SHORT_NAMES, NameForm, wire_names

FORMS = {SHORT_NAMES: r"[A-Za-z0-9_]{1,32}", OPENAI_NAMES: r"[A-Za-z0-9_-]{1,64}"}
names = st.lists(st.text(max_size=70) | st.from_regex(r"[\w.\-/ ]{1,70}", fullmatch=True))
MODELS = pytest.mark.parametrize("model", ["x2", "spark-x2.5"])


@given(names, st.sampled_from([*FORMS]))
def test_any_set_of_names_is_legal_and_unique_both_ways(
    given_names: list[str], form: NameForm
) -> None:
    changed = wire_names(given_names, form)
    on_wire = {name: changed.get(name, name) for name in given_names}
    assert all(re.fullmatch(FORMS[form], name) for name in on_wire.values())
    assert len(set(on_wire.values())) == len(on_wire)
    assert all(not re.fullmatch(FORMS[form], name) for name in changed)


@given(names, names, st.sampled_from([*FORMS]))
def test_a_name_is_the_same_whatever_stands_beside_it(
    some: list[str], others: list[str], form: NameForm
) -> None:
    alone, among = wire_names(some, form), wire_names([*some, *others], form)
    assert {name: among[name] for name in alone} == alone


@pytest.mark.parametrize("form", FORMS)
def test_a_tool_that_has_the_name_already_keeps_it(form: NameForm) -> None:
    first = wire_names(["天气"], form)["天气"]
    again = wire_names(["天气", first], form)
    assert first not in again
    assert again["天气"] != first


def asked(model: str, *messages: Message, **options: Any) -> ChatRequest:
    spec = route(find_model(model), "http", tools=True)
    asked_for: Any = {"tools": [WEATHER], **options}
    return build_request(spec, [Message("user", "问"), *messages], asked_for)


WEATHER = Tool("天气.查询", "查天气", {"type": "object", "properties": {}})
CALL = ToolCall("c1", "天气.查询", "{}")


@MODELS
def test_offers_calls_and_results_have_one_name(model: str) -> None:
    request = asked(
        model,
        Message("assistant", "", tool_calls=(CALL,)),
        Message("tool", "晴", tool_call_id="c1", name="天气.查询"),
    )
    (tool,) = request.tools
    _, assistant, result = request.messages
    assert re.fullmatch(r"[A-Za-z0-9_]{1,32}", tool.name)
    assert tool.description == "天气.查询: 查天气"
    assert assistant.tool_calls[0].name == result.name == tool.name
    assert request.rules.own_names == {tool.name: "天气.查询"}


@MODELS
def test_what_is_told_in_words_has_the_names_of_the_wire(model: str) -> None:
    request = asked(model, Message("assistant", "", tool_calls=(CALL,)), Message("user", "快"))
    (tool,) = request.tools
    assert tool.name in request.messages[1].text
    demanded = asked("spark-x2.5", tool_choice="天气.查询")
    assert demanded.tools[0].name in demanded.rules.instruction


def test_names_that_fit_go_as_they_are() -> None:
    fits = Tool("mcp__files__read-all", "读")
    assert asked("spark-x2.5", tools=[fits]).tools == (fits,)
    assert asked("spark-x2.5", tools=[fits]).rules.own_names == {}
    assert asked("x2", tools=[fits]).tools[0].name.startswith("mcp__files__read_all_")
