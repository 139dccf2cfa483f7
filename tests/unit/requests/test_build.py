"""A request is checked before a socket opens, and the error names field, value and range."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest

from iflytek_spark.assumptions import IMAGE_TOKENS
from iflytek_spark.errors import ContextLengthError, InvalidRequestError
from iflytek_spark.messages import ImagePart, Message, TextPart, Tool, WebSearch
from iflytek_spark.models.catalogue import MODELS, find_model, list_models
from iflytek_spark.models.spec import ModelSpec, Range
from iflytek_spark.requests.build import ChatRequest, build_request
from iflytek_spark.requests.fallbacks import AnswerRules
from iflytek_spark.requests.options import ChatOptions
from iflytek_spark.requests.tokens import estimate_prompt_tokens

WEATHER = Tool("天气查询", "查询天气", {"type": "object", "properties": {}})


def build(model: Any = "4.0Ultra", prompt: Any = "你好", **options: Any) -> ChatRequest:
    return build_request(find_model(model), prompt, cast(ChatOptions, options))


RANGES = [  # model, option, legal, refused, range as the error writes it
    ("4.0Ultra", "temperature", (0.01, 0.5, 1), (-0.1, 1.01, 2), "(0, 1]"),
    ("x1.5", "temperature", (0.01, 1.2, 2), (-1, 2.1), "(0, 2]"),
    ("4.0Ultra", "top_k", (1, 4, 6), (0, 7, -1), "[1, 6]"),
    ("x2", "top_k", (1, 6), (0, 7), "[1, 6]"),
    ("lite", "max_tokens", (1, 4096), (0, 4097), "[1, 4096]"),
    ("pro", "max_tokens", (1, 8192), (0, 8193), "[1, 8192]"),
    ("4.0Ultra", "max_tokens", (1, 32768), (0, 32769, -5), "[1, 32768]"),
    ("x1.5", "max_tokens", (1, 65535), (0, 65536), "[1, 65535]"),
    ("x2", "max_tokens", (131072,), (131073,), "[1, 131072]"),
    ("kjwx", "max_tokens", (1, 10**6), (0, -1), "[1, ∞)"),
    ("image", "max_tokens", (1, 8192), (0, 8193), "[1, 8192]"),
    ("x1.5", "top_p", (0.01, 1), (0, 1.1), "(0, 1]"),
    ("x1.5", "presence_penalty", (0, 3), (-0.1, 3.1), "[0, 3]"),
    ("x2", "presence_penalty", (0, 2), (2.1,), "[0, 2]"),
    ("x1.5", "frequency_penalty", (0, 1), (-0.1, 1.1), "[0, 1]"),
]
LEGAL = [(model, name, value) for model, name, values, _, _ in RANGES for value in values]
REFUSED = [(model, name, v, text) for model, name, _, values, text in RANGES for v in values]
PICTURE = b"\x89PNG\r\n\x1a\n"


def prompt_for(model: str) -> Any:
    if not find_model(model).images:
        return "你好"
    return [Message("user", (ImagePart(PICTURE), TextPart("这是什么？")))]


@pytest.mark.parametrize(("model", "name", "value"), LEGAL)
def test_a_legal_value_stands_in_the_request(model: str, name: str, value: float) -> None:
    request = build(model, prompt_for(model), **{name: value})
    assert request.parameters == {name: value}


@pytest.mark.parametrize(("model", "name", "value", "interval"), REFUSED)
def test_a_value_out_of_range_is_refused(
    model: str, name: str, value: float, interval: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        build(model, prompt_for(model), **{name: value})
    assert f"{name} is {value}," in caught.value.message
    assert interval in caught.value.message
    assert repr(model) in caught.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", "0.5"),
        ("temperature", True),
        ("temperature", [0.5]),
        ("top_k", 2.5),
        ("top_k", "4"),
        ("top_k", False),
        ("max_tokens", "100"),
        ("max_tokens", 10.0),
        ("stop", 5),
        ("stop", ["a", 5]),
        ("stop", ["a", ""]),
        ("stop", ""),
        ("stop", b"end"),
        ("stop", {"a"}),
        ("tools", 5),
        ("tools", "weather"),
        ("tools", [{"name": "weather"}]),
        ("web_search", "deep"),
        ("web_search", 1),
        ("thinking", True),
        ("uid", 12345),
        ("chat_id", 12345),
        ("extra", "search"),
        ("extra", [("a", 1)]),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidRequestError, match=name):
        build("4.0Ultra" if name != "thinking" else "x2", **{name: value})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_temperature_must_be_finite(value: float) -> None:
    with pytest.raises(InvalidRequestError, match="temperature"):
        build(temperature=value)


@pytest.mark.parametrize("spec", [s for s in MODELS if not s.images], ids=lambda s: s.name)
@pytest.mark.parametrize("zero", [0, 0.0, -0.0])
def test_temperature_zero_becomes_the_smallest_legal_value(spec: ModelSpec, zero: float) -> None:
    temperature = build(spec, temperature=zero).parameters["temperature"]
    assert temperature is not None
    assert 0 < temperature <= 0.01
    assert temperature in spec.temperature


def test_temperature_zero_stays_where_it_is_legal() -> None:
    own = ModelSpec("mine", "svc", "wss://maas.example.com/v1.1/chat", temperature=Range(0, 1))
    assert build(own, temperature=0).parameters == {"temperature": 0}


@pytest.mark.parametrize("name", ["top_p", "presence_penalty", "frequency_penalty"])
def test_an_option_that_the_model_lacks_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequestError, match=rf"'4\.0Ultra' has no {name}"):
        build(**{name: 0.5})


def test_what_is_not_given_is_not_decided() -> None:
    request = build()
    unset = ("max_tokens", "thinking", "uid", "web_search", "timeouts")
    assert [getattr(request, name) for name in unset] == [None] * len(unset)
    assert (request.rules, request.tools) == (AnswerRules(), ())
    assert (dict(request.parameters), dict(request.extra)) == ({}, {})


def test_none_means_not_given() -> None:
    names = [name for name in ChatOptions.__annotations__ if name != "extra"]
    assert build(**dict.fromkeys(names)) == build()


@pytest.mark.parametrize(
    ("wrong", "hint"), [("temprature", "temperature"), ("max_token", "max_tokens"), ("seed", "")]
)
def test_an_unknown_option_is_refused_with_the_nearest(wrong: str, hint: str) -> None:
    with pytest.raises(InvalidRequestError, match=wrong) as caught:
        build(**{wrong: 1})
    assert hint in caught.value.hint


def test_an_option_like_nothing_gets_the_list_of_all() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        build(qqqq=1)
    assert all(name in caught.value.hint for name in ChatOptions.__annotations__)


@pytest.mark.parametrize("uid", ["u", "u" * 32, "用" * 32])
def test_a_uid_of_up_to_32_characters_is_taken(uid: str) -> None:
    assert build(uid=uid).uid == uid


@pytest.mark.parametrize("uid", ["", "u" * 33, "用" * 100])
def test_a_uid_of_another_length_is_refused(uid: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"uid has {len(uid)} characters") as caught:
        build(uid=uid)
    assert "32" in caught.value.message


@pytest.mark.parametrize(("stop", "kept"), [("。", ("。",)), (["a", "b"], ("a", "b")), ([], ())])
def test_stop_is_one_string_or_several(stop: Any, kept: tuple[str, ...]) -> None:
    assert build(stop=stop).rules.cut_at == kept


@pytest.mark.parametrize("spec", [s for s in MODELS if not s.images], ids=lambda s: s.name)
def test_tools_are_for_models_that_call_them(spec: ModelSpec) -> None:
    if any(row.tools for row in (spec, *spec.over)):
        named = Tool("weather", "", {})
        assert [tool.name for tool in build(spec, tools=[named]).tools] == ["weather"]
        return
    with pytest.raises(InvalidRequestError, match=f"'{spec.name}' cannot call tools") as caught:
        build(spec, tools=[WEATHER])
    able = [spec.name for spec in list_models() if any(row.tools for row in (spec, *spec.over))]
    assert caught.value.hint == f"these can: {', '.join(able)}"


def test_no_tools_are_no_tools() -> None:
    assert build("lite", tools=[]).tools == ()


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (True, WebSearch()),
        (False, None),
        (None, None),
        (WebSearch("deep", citations=False), WebSearch("deep", citations=False)),
    ],
)
def test_web_search_is_a_switch_or_a_setting(given: Any, meant: WebSearch | None) -> None:
    assert build(web_search=given).web_search == meant


def test_web_search_has_two_modes() -> None:
    with pytest.raises(InvalidRequestError, match="web_search"):
        build(web_search=WebSearch(cast(Any, "wide")))


def test_web_search_is_for_models_that_can() -> None:
    with pytest.raises(InvalidRequestError, match="'lite' cannot search the web") as caught:
        build("lite", web_search=True)
    assert "4.0Ultra" in caught.value.hint
    assert build("lite", web_search=False).web_search is None


@pytest.mark.parametrize("thinking", ["enabled", "disabled", "auto"])
def test_thinking_is_for_the_x_models(thinking: Any) -> None:
    assert build("x1.5", thinking=thinking).thinking == thinking
    with pytest.raises(InvalidRequestError, match=r"'4\.0Ultra' has no thinking"):
        build("4.0Ultra", thinking=thinking)


def test_thinking_knows_three_words() -> None:
    with pytest.raises(InvalidRequestError, match="'on'"):
        build("x2", thinking="on")


@pytest.mark.parametrize("model", ["4.0Ultra", "pro-128k", "kjwx", "multilang"])
def test_a_prompt_of_five_megabytes_is_refused(model: str) -> None:
    with pytest.raises(ContextLengthError, match="tokens") as caught:
        build(model, "长" * (5 * 2**20 // 3))
    assert repr(model) in caught.value.message
    assert len(str(caught.value)) < 500


def test_functions_and_images_count_toward_the_context() -> None:
    tool = Tool("f", "长" * 600_000)
    with pytest.raises(ContextLengthError) as caught:
        build("4.0Ultra", tools=[tool])
    assert "prompt is too long" in caught.value.message
    assert re.search(r"maximum context length is \d+ tokens", caught.value.message)
    shown = [Message("user", (ImagePart(b"\x89PNG"), TextPart("？")))]
    assert build("image", shown).messages
    assert estimate_prompt_tokens(shown) == 1 + IMAGE_TOKENS


def test_an_image_with_tools_says_where_the_call_goes() -> None:
    shown = [Message("user", (ImagePart(b"\x89PNG"), TextPart("？")))]
    with pytest.raises(InvalidRequestError, match=r"goes to image_model, here 'image'") as caught:
        build("4.0Ultra", shown, tools=[Tool("f", "")], image_model="image")
    assert caught.value.param == "tools"
    assert "json_schema" in str(caught.value)


def test_a_prompt_near_the_limit_is_left_to_the_service() -> None:
    request = build("lite", "字" * 12288)
    assert len(request.messages[0].text) == 12288


HALF = "a\ud800b"
"""Half a surrogate pair has no UTF-8; os.fsdecode and broken JSON make such strings."""


@pytest.mark.parametrize(
    ("prompt", "options"),
    [
        (HALF, {}),
        ([Message("user", HALF)], {}),
        ([Message("system", HALF), Message("user", "你好")], {}),
        ([Message("user", (TextPart(HALF),))], {}),
        ("你好", {"uid": HALF}),
        ("你好", {"chat_id": HALF}),
        ("你好", {"extra": {"key": HALF}}),
        ("你好", {"extra": {HALF: 1}}),
        ("你好", {"tools": [Tool(HALF, "")]}),
        ("你好", {"tools": [Tool("now", HALF)]}),
        ("你好", {"tools": [Tool("now", "", {"type": "object", "description": HALF})]}),
    ],
)
def test_text_that_cannot_be_sent_is_refused(prompt: Any, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        build(prompt=prompt, **options)


def test_a_request_is_a_value() -> None:
    assert build(temperature=0.3, stop="。") == build(temperature=0.3, stop=["。"])


def test_moderation_is_of_the_one_known_kind() -> None:
    assert build(auditing="default").parameters == {"auditing": "default"}
    with pytest.raises(InvalidRequestError, match="'default' only") as caught:
        build(auditing="none")
    assert caught.value.param == "auditing"
