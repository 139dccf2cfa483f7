"""SparkImageTool: image generation for agents."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core import exceptions as core
from langchain_core.messages import (
    AnyMessage,
    HumanMessage,
    ToolMessage,
    messages_from_dict,
    messages_to_dict,
)
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests
from pydantic import TypeAdapter, ValidationError

from iflytek_spark import ContentFilterError
from iflytek_spark.emulator import Call, Emulator, Reply, SeenChat, faults, running_emulator
from langchain_spark import ChatSpark, SparkImageTool
from tests._support.service import settings_of

Make = Callable[..., SparkImageTool]


@pytest.fixture
def make(spark: Emulator) -> Make:
    return lambda **settings: SparkImageTool(**{**settings_of(spark), **settings})


class TestUnit(ToolsUnitTests):
    @property
    def tool_constructor(self) -> type[BaseTool]:
        return SparkImageTool

    @property
    def tool_constructor_params(self) -> dict[str, Any]:
        return {"app_id": "app1", "api_key": "key1", "api_secret": "secret1"}

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {"prompt": "一只猫", "width": 640, "height": 360}


class TestIntegration(ToolsIntegrationTests):
    @pytest.fixture(autouse=True)
    def _service(self, spark: Emulator) -> None:
        self.spark = spark

    @property
    def tool_constructor(self) -> type[BaseTool]:
        return SparkImageTool

    @property
    def tool_constructor_params(self) -> dict[str, Any]:
        return settings_of(self.spark)

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {"prompt": "一只猫", "width": 640, "height": 360}


class TestIntegrationInOneLoop(TestIntegration):
    one_loop = True


def invoke(tool: BaseTool, call: Any) -> Any:
    return tool.invoke(call)


def ainvoke(tool: BaseTool, call: Any) -> Any:
    return asyncio.run(tool.ainvoke(call))


both = pytest.mark.parametrize("run", [invoke, ainvoke])


def called(**arguments: Any) -> dict[str, Any]:
    return {"type": "tool_call", "id": "1", "name": "generate_image", "args": arguments}


@both
def test_the_model_is_told_the_size_and_the_program_gets_the_file(run: Any, make: Make) -> None:
    message = run(make(), called(prompt="一只猫", width=640, height=360))
    assert isinstance(message, ToolMessage)
    assert "640x360" in message.text
    assert message.status == "success"
    assert {**message.artifact, "base64": ""} == {
        "type": "image",
        "base64": "",
        "mime_type": "image/png",
    }
    data = base64.b64decode(message.artifact["base64"])
    assert struct.unpack(">II", data[16:24]) == (640, 360)


@both
def test_a_message_with_an_image_can_be_kept_as_json(run: Any, make: Make) -> None:
    message = run(make(), called(prompt="一只猫"))
    assert ToolMessage.model_validate_json(message.model_dump_json()) == message
    (again,) = messages_from_dict(json.loads(json.dumps(messages_to_dict([message]))))
    assert again == message
    assert TypeAdapter(list[AnyMessage]).dump_python([message], mode="json")


def test_an_image_is_a_block_that_a_model_can_look_at(make: Make, spark: Emulator) -> None:
    block = make().invoke(called(prompt="一只猫")).artifact
    llm = ChatSpark(**settings_of(spark))
    answer = llm.invoke([HumanMessage([{"type": "text", "text": "这是什么？"}, block])])
    assert answer.response_metadata["model_name"] == "image"


@both
def test_the_usual_size(run: Any, make: Make) -> None:
    assert "512x512" in run(make(), called(prompt="一只猫")).text


def test_the_schema_names_the_sizes(make: Make) -> None:
    function = convert_to_openai_tool(make())["function"]
    assert function["name"] == "generate_image"
    assert list(function["parameters"]["properties"]) == ["prompt", "width", "height"]
    assert function["parameters"]["required"] == ["prompt"]
    assert "1024x1024" in function["parameters"]["properties"]["width"]["description"]


@both
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"prompt": "猫", "width": 100}, "100x512; the sizes are 512x512"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "字" * 1001}, "prompt"),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_sent(
    run: Any, make: Make, spark: Emulator, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        run(make(), called(**arguments))
    assert not spark.handshakes


@both
def test_errors_are_langchains_too(run: Any, make: Make, spark: Emulator) -> None:
    spark.script(faults.ErrorFrame(10021))
    with pytest.raises(core.ModelInvalidRequestError, match="moderation refused the image's"):
        run(make(), {"prompt": "猫"})


@both
@pytest.mark.parametrize(
    ("fault", "words", "log"),
    [
        (faults.ErrorFrame(10021), "内容审核没有通过，请换一种描述（错误码 10021）", "moderation"),
        (faults.ErrorFrame(11202), "请求太多，请稍后再试（错误码 11202）", "11202"),
        (faults.RefuseHandshake(401), "密钥没有被接受，需要应用的开发者处理", "401"),
        (faults.RefuseHandshake(403), "需要应用的开发者处理", "403"),
        (faults.RefuseHandshake(503), "图片服务暂时不可用，请稍后再试", "503"),
    ],
)
def test_a_model_is_told_why_and_the_developer_is_too(
    run: Any,
    make: Make,
    spark: Emulator,
    caplog: pytest.LogCaptureFixture,
    fault: Any,
    words: str,
    log: str,
) -> None:
    spark.script(fault)
    tool = make(max_retries=0)
    message = run(tool, called(prompt="猫"))
    assert (message.status, message.tool_call_id, message.name) == ("error", "1", tool.name)
    assert message.text.startswith("图片没有生成：")
    assert words in message.text
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert log in record.getMessage()


@both
def test_how_a_failure_is_told_may_be_chosen(run: Any, make: Make, spark: Emulator) -> None:
    def told(choice: Any) -> str:
        spark.script(faults.ErrorFrame(10021))
        return str(run(make(handle_tool_error=choice), called(prompt="猫")).text)

    assert told("画不出来。") == "画不出来。"
    assert "moderation refused" in told(str)
    with pytest.raises(ContentFilterError):
        told(False)


@both
def test_an_agent_goes_on_when_no_image_could_be_made(
    run: Any, make: Make, spark: Emulator
) -> None:
    def respond(chat: SeenChat) -> Reply:
        if "tool_result" in chat.text:
            return Reply("很抱歉，没有画成。")
        return Reply(calls=(Call("generate_image", {"prompt": "猫"}),))

    spark.script(faults.ErrorFrame(10021))
    with running_emulator(respond=respond) as chats:
        agent = create_agent(ChatSpark(**settings_of(chats)), [make()])
        result = run(agent, {"messages": [("human", "画一只猫")]})
    *_, told, answer = result["messages"]
    assert (told.status, answer.text) == ("error", "很抱歉，没有画成。")


def test_secrets_are_never_shown(make: Make) -> None:
    tool = make(api_secret="MARKERSECRET", api_key="MARKERKEY")
    assert "MARKER" not in repr(tool) + str(tool) + str(tool.to_json())
