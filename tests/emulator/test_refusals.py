"""Requests that are answered with an error frame (PROTOCOL.md §2.2, §4, §10, §12)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from iflytek_spark import ModelSpec
from iflytek_spark.emulator import Emulator, running_emulator
from tests.emulator.raw_client import Turn, ask, body, exchange

_ASSISTANT = {"role": "assistant", "content": "甲"}
_SYSTEM = {"role": "system", "content": "甲"}
_TOOL = {"name": "f", "description": "", "parameters": {"type": "object", "properties": {}}}
_LITE: dict[str, Any] = {"path": "/v1.1/chat", "domain": "lite"}
_X2: dict[str, Any] = {"path": "/x2", "domain": "spark-x"}


def test_an_error_frame_is_a_header_only(spark: Emulator) -> None:
    found = ask(spark, "你好", temperature=7)
    (frame,) = found.frames
    assert frame.keys() == {"header"}
    assert frame["header"].keys() == {"code", "message", "sid", "status"}
    assert frame["header"]["status"] == 2
    assert found.closed == (1000, "close this ws conn")


def test_a_message_has_the_service_s_grammar() -> None:
    now = 1736150400.5
    with running_emulator(clock=lambda: now) as spark:
        _, message = ask(spark, "你好", header={"uid": "u" * 33}, now=now).error
    assert message == (
        "SchemaCheckError:(16:00:00.500) '$.header.uid' length must be less or equal than 32; "
    )


@pytest.mark.parametrize(
    ("request_", "code", "name"),
    [
        ({"header": {"app_id": "other"}}, 11200, "AppIdNoAuthError"),
        ({"header": {"uid": "u" * 33}}, 10004, "SchemaCheckError"),
        ({"header": {"uid": 5}}, 10004, "SchemaCheckError"),
        ({"domain": "generalv3"}, 10003, "ClientMsgError"),
        ({"domain": "v4.0"}, 10003, "ClientMsgError"),
        ({"temperature": 0}, 10005, "ParamValueError"),
        ({"temperature": 1.01}, 10005, "ParamValueError"),
        ({"temperature": "0.5"}, 10004, "SchemaCheckError"),
        ({"top_k": 0}, 10005, "ParamValueError"),
        ({"top_k": 7}, 10005, "ParamValueError"),
        ({"top_k": 1.5}, 10004, "SchemaCheckError"),
        ({"max_tokens": 0}, 10005, "ParamValueError"),
        ({"max_tokens": 32769}, 10005, "ParamValueError"),
        ({**_LITE, "max_tokens": 4097}, 10005, "ParamValueError"),
        ({**_X2, "temperature": 2.01}, 10005, "ParamValueError"),
        ({**_X2, "presence_penalty": 2.01}, 10005, "ParamValueError"),
        ({**_X2, "thinking": {"type": "perhaps"}}, 10005, "ParamValueError"),
        ({**_LITE, "functions": {}}, 10004, "SchemaCheckError"),
        ({"functions": {"text": [{"description": "no name"}]}}, 10004, "SchemaCheckError"),
        ({"functions": {"text": [{**_TOOL, "parameters": {"properties": 5}}]}}, 10163,
         "EngineParamSchemaCheckError"),
    ],
)  # fmt: skip
def test_refused(spark: Emulator, request_: dict[str, Any], code: int, name: str) -> None:
    found, message = ask(spark, "你好", **request_).error
    assert found == code
    assert re.fullmatch(rf"{name}:\(\d\d:\d\d:\d\d\.\d\d\d\) .+", message)


@pytest.mark.parametrize(
    "request_",
    [
        {"header": {"uid": "u" * 32}},
        {"temperature": 0.01},
        {"temperature": 1},
        {"top_k": 1},
        {"top_k": 6},
        {"max_tokens": 1},
        {"max_tokens": 32768},
        {"top_p": 5},
        {"unknown": "key"},
        {"functions": {}},
        {"functions": {"text": [_TOOL]}},
        {**_LITE, "domain": "general"},
        {**_LITE, "functions": {"text": [_TOOL]}},
        {**_X2, "temperature": 0},
        {**_X2, "temperature": 2, "top_p": 0.95, "presence_penalty": 1, "frequency_penalty": 0.02},
        {**_X2, "thinking": {"type": "auto"}},
    ],
)
def test_accepted(spark: Emulator, request_: dict[str, Any]) -> None:
    assert ask(spark, "你好", **request_).error == (0, "Success")


@pytest.mark.parametrize(
    ("turns", "code"),
    [
        ((), 10004),
        (({"role": "tool", "content": "甲"},), 10004),
        (({"role": "function", "content": "甲"},), 10004),
        (({"role": "USER", "content": "甲"},), 10004),
        (({"role": "user"},), 10004),
        (("",), 10004),
        ((_ASSISTANT,), 10003),
        (("甲", _ASSISTANT), 10003),
        ((_ASSISTANT, "甲"), 10003),
        (("甲", "乙"), 10003),
        (("甲", _ASSISTANT, _ASSISTANT, "乙"), 10003),
        ((_SYSTEM,), 10003),
        (("甲", _SYSTEM, "乙"), 10003),
        ((_SYSTEM, _SYSTEM, "乙"), 10003),
        (({"role": "user", "content": "甲", "content_type": "image"}, "乙"), 10004),
        (({"role": "user", "content": "甲", "content_type": "video"},), 10004),
    ],
)
def test_refused_messages(spark: Emulator, turns: tuple[Turn, ...], code: int) -> None:
    assert ask(spark, *turns).error[0] == code


def test_the_order_that_is_accepted(spark: Emulator) -> None:
    text = {"role": "user", "content": "乙", "content_type": "text"}
    assert ask(spark, _SYSTEM, "甲", _ASSISTANT, text).error[0] == 0


@pytest.mark.parametrize(
    ("path", "domain", "code"),
    [
        ("/v1.1/chat", "lite", 10004),
        ("/v2.1/chat", "generalv2", 10004),
        ("/v1.1/chat_kjwx", "kjwx", 10004),
        ("/v3.5/chat", "generalv3.5", 0),
        # The sources disagree about these, so the emulator lets it pass.
        ("/v3.1/chat", "generalv3", 0),
        ("/v1/x1", "spark-x", 0),
    ],
)
def test_the_system_role(spark: Emulator, path: str, domain: str, code: int) -> None:
    assert ask(spark, _SYSTEM, "甲", path=path, domain=domain).error[0] == code


@pytest.mark.parametrize("data", ["", "{", "[]", "null", "你好", '{"header":NaN}', "[" * 100_000])
def test_no_json_object(spark: Emulator, data: str) -> None:
    assert exchange(spark, data).error[0] in (10003, 10004)


@pytest.mark.parametrize("missing", ["header", "parameter", "payload"])
def test_a_part_is_missing(spark: Emulator, missing: str) -> None:
    request = body(spark, "你好")
    del request[missing]
    code, message = exchange(spark, json.dumps(request)).error
    assert code == 10004
    assert f"'$.{missing}'" in message


def test_too_many_tokens(spark: Emulator) -> None:
    fitting, too_long = "字" * 12_000, "字" * 13_000
    assert ask(spark, fitting, **_LITE).error[0] == 0
    code, message = ask(spark, too_long, **_LITE).error
    assert code == 10907
    assert "input token limit is 8192" in message


def test_an_unknown_context_is_not_checked(spark: Emulator) -> None:
    found = ask(spark, "字" * 200_000, path="/v1.1/chat_kjwx", domain="kjwx", max_tokens=9)
    assert found.error[0] == 0


def test_a_message_that_is_too_large(spark: Emulator) -> None:
    assert exchange(spark, " " * (8 * 1024 * 1024 + 1)).error[0] == 10003


_TUNED = ModelSpec(
    name="mine", domain="patch", url="wss://maas-api.cn-huabei-1.xf-yun.com/v1.1/chat", patch_id="7"
)


@pytest.mark.parametrize(
    ("header", "domain", "code"),
    [
        ({"patch_id": ["7"]}, "patch", 0),
        ({"patch_id": ["8"]}, "patch", 10404),
        ({}, "patch", 10404),
        ({}, "lite", 0),
        ({}, "4.0Ultra", 10003),
    ],
)
def test_fine_tuned_models(header: dict[str, Any], domain: str, code: int) -> None:
    with running_emulator(models=[_TUNED]) as spark:
        found = ask(spark, "你好", path="/v1.1/chat", domain=domain, header=header)
    assert found.error[0] == code
