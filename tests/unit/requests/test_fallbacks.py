"""What a dialect has is asked for as it is; what it lacks is made up for, flag by flag."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, cast

import pytest

from iflytek_spark.messages import Message, Tool, ToolCall
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.models.spec import WEBSOCKET_LACKS, Lacks
from iflytek_spark.requests.build import ChatRequest, build_request
from iflytek_spark.requests.options import ChatOptions

ULTRA = find_model("4.0Ultra")
FLAGS = [field.name for field in fields(Lacks)]
SCHEMA = {"type": "object", "properties": {"city": {"const": "合肥"}}}
WEATHER = Tool("weather", "", SCHEMA)
CALL = ToolCall("c1", "weather", "{}")
TALK = [
    Message("assistant", "您好"),
    Message("user", "合肥的天气？"),
    Message("assistant", "", tool_calls=(CALL,)),
    Message("tool", "晴", tool_call_id="c1"),
    Message("system", "简短"),
    Message("user", "还有呢？"),
    Message("user", "快说。"),
]
JSON = {"type": "json_object"}


def asked(lacks: Lacks, messages: Any = "你好", **options: Any) -> ChatRequest:
    return build_request(replace(ULTRA, lacks=lacks), messages, cast(ChatOptions, options))


def roles(request: ChatRequest) -> str:
    return " ".join(message.role for message in request.messages)


def test_the_websocket_lacks_all_of_it_but_what_is_its_own() -> None:
    own = ("chat_fields", "free_tool_names", "long_tool_names")
    assert all(getattr(WEBSOCKET_LACKS, flag) is (flag not in own) for flag in FLAGS)
    assert ULTRA.lacks == WEBSOCKET_LACKS


def test_where_nothing_is_lacking_all_goes_to_the_wire_as_it_is() -> None:
    request = asked(Lacks(), TALK, tools=[WEATHER], tool_choice="required", stop="。")
    assert request.messages == tuple(TALK)
    assert request.tools == (WEATHER,)
    rules = request.rules
    assert (rules.tool_choice, rules.stop) == ("required", ("。",))
    assert (rules.instruction, rules.check_tool_call, rules.cut_at) == ("", False, ())
    assert asked(Lacks(), response_format=JSON).rules.response_format == JSON


@pytest.mark.parametrize(
    ("flag", "order"),
    [
        ("tool_role", "assistant user assistant user system user user"),
        ("inline_system", "assistant user assistant tool user user user"),
        ("repeated_role", "user assistant tool system user"),
    ],
)
def test_turns(flag: str, order: str) -> None:
    assert roles(asked(Lacks(**{flag: True}), TALK)) == order


def test_a_model_without_the_role_gets_no_system_message_even_where_one_may_stand() -> None:
    spec = replace(ULTRA, lacks=Lacks(), system_role=False)
    request = build_request(spec, [Message("system", "简短"), Message("user", "问")], {})
    assert roles(request) == "user user"


def test_a_tool_call_is_demanded_in_words_and_checked() -> None:
    rules = asked(Lacks(tool_choice=True), tools=[WEATHER], tool_choice="weather").rules
    assert rules.check_tool_call
    assert "weather" in rules.instruction
    assert rules.tool_choice is None


def test_json_is_demanded_in_words() -> None:
    rules = asked(Lacks(json_mode=True), response_format=JSON).rules
    assert rules.strip_fence
    assert "JSON" in rules.instruction
    assert rules.response_format is None


def test_an_answer_is_cut_here() -> None:
    rules = asked(Lacks(stop=True), stop=["。", "！"]).rules
    assert (rules.cut_at, rules.stop) == (("。", "！"), ())


def test_schemas_are_made_flat() -> None:
    (tool,) = asked(Lacks(rich_schemas=True), tools=[WEATHER]).tools
    assert tool.parameters["properties"]["city"] == {"enum": ["合肥"], "type": "string"}


@pytest.mark.parametrize("flag", FLAGS)
def test_no_flag_changes_what_another_is_for(flag: str) -> None:
    """A plain question without any of these wishes is the same whatever a dialect lacks."""
    plain = asked(Lacks())
    assert replace(asked(Lacks(**{flag: True})), spec=plain.spec) == plain
