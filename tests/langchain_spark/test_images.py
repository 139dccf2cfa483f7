"""SparkImageTool: image generation for agents."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core import exceptions as core
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests
from pydantic import ValidationError

from iflytek_spark.emulator import Emulator, faults
from langchain_spark import SparkImageTool
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
    assert struct.unpack(">II", message.artifact[16:24]) == (640, 360)


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
        run(make(), called(prompt="猫"))


def test_secrets_are_never_shown(make: Make) -> None:
    tool = make(api_secret="MARKERSECRET", api_key="MARKERKEY")
    assert "MARKER" not in repr(tool) + str(tool) + str(tool.to_json())
