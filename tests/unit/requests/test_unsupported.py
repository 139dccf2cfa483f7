"""What a model lacks is refused by name, or left out and named; another form is refused."""

from __future__ import annotations

import logging
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import ImagePart, Message, TextPart, Tool
from iflytek_spark.models.catalogue import find_model, list_models
from iflytek_spark.requests import unsupported
from iflytek_spark.requests.build import ChatRequest, build_request, check_tools
from iflytek_spark.requests.options import ChatOptions

WEATHER = Tool("weather", "the weather", {"type": "object", "properties": {}})
SEEN = [Message("user", (TextPart("这是什么？"), ImagePart(b"\x89PNG\r\n\x1a\n")))]
COUNTS = ("top_k", "max_tokens")
FINITE = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = ("temperature", "top_p", "presence_penalty", "frequency_penalty")


def build(model: str = "4.0Ultra", prompt: Any = "你好", **options: Any) -> ChatRequest:
    return build_request(find_model(model), prompt, cast(ChatOptions, options))


LEFT_OUT = [  # what tunes an answer, and what of it is sent
    ("4.0Ultra", "top_p", 0.1, None),
    ("4.0Ultra", "frequency_penalty", 0.3, None),
    ("4.0Ultra", "temperature", 1.5, 1),
    ("4.0Ultra", "temperature", -0.1, None),
    ("4.0Ultra", "top_k", 40, 6),
    ("4.0Ultra", "top_k", 0, None),
    ("4.0Ultra", "top_k", -1, None),
    ("lite", "max_tokens", 8192, 4096),
    ("lite", "max_tokens", -1, None),
    ("kjwx", "max_tokens", 0, None),
    ("x1.5", "top_p", 0, 0.01),
    ("x1.5", "top_p", -1, None),
    ("x1.5", "temperature", 3.0, 2),
    ("x1.5", "presence_penalty", -2, 0),
    ("x1.5", "frequency_penalty", 1.5, 1),
    ("4.0Ultra", "auditing", "strict", None),
    ("4.0Ultra", "seed", 1234, None),
    ("4.0Ultra", "logit_bias", {"50256": -100}, None),
    ("4.0Ultra", "store", True, None),
    ("4.0Ultra", "verbosity", "low", None),
    ("4.0Ultra", "metadata", {"a": "b"}, None),
    ("4.0Ultra", "chat_template_kwargs", {"enable_thinking": False}, None),
    ("4.0Ultra", "n", 1, None),
    ("4.0Ultra", "logprobs", False, None),
    ("4.0Ultra", "modalities", ["text"], None),
]


@pytest.mark.parametrize(("model", "name", "value", "sent"), LEFT_OUT)
def test_what_tunes_an_answer_is_left_out_or_brought_into_range(
    model: str, name: str, value: object, sent: object
) -> None:
    request = build(model, unsupported="ignore", **{name: value})
    assert request.parameters == ({} if sent is None else {name: sent})
    assert request.ignored == (name,)
    with pytest.raises(InvalidRequestError, match=name):
        build(model, **{name: value})


def test_options_that_are_no_numbers_are_left_out_too() -> None:
    request = build(
        "lite",
        unsupported="ignore",
        web_search=True,
        thinking="enabled",
        uid="x" * 33,
        stop=["", "。"],
    )
    assert (request.web_search, request.thinking, request.uid) == (None, None, None)
    assert request.rules.cut_at == ("。",)
    assert set(request.ignored) == {"web_search", "thinking", "uid", "stop"}


@pytest.mark.parametrize("choice", [None, "auto", "none"])
def test_tools_are_left_out_where_a_text_answers_too(choice: str | None) -> None:
    request = build("lite", tools=[WEATHER], tool_choice=choice, unsupported="ignore")
    assert (request.tools, request.ignored) == ((), ("tools",))


@pytest.mark.parametrize("choice", ["required", "weather"])
def test_a_demanded_call_is_refused_in_both_modes(choice: str) -> None:
    with pytest.raises(InvalidRequestError, match="'lite' cannot call tools — these can") as caught:
        build("lite", tools=[WEATHER], tool_choice=choice, unsupported="ignore")
    assert caught.value.param == "tools"


FORMS = [
    {"n": 2},
    {"best_of": 3},
    {"logprobs": True},
    {"top_logprobs": 5},
    {"audio": {"voice": "x"}},
    {"modalities": ["text", "audio"]},
    {"functions": [{"name": "f"}]},
    {"function_call": {"name": "f"}},
    {"guided_json": {"type": "object"}},
    {"stream": True},
]


@pytest.mark.parametrize("options", FORMS)
def test_what_changes_the_form_is_refused_in_both_modes(options: dict[str, Any]) -> None:
    for mode in ("refuse", "ignore"):
        with pytest.raises(
            InvalidRequestError, match=f"there is no option '{next(iter(options))}'"
        ):
            build(unsupported=mode, **options)


MISTAKES = [
    {"temperature": "hot"},
    {"temperature": float("nan")},
    {"temperature": float("-inf")},
    {"max_tokens": 1.5},
    {"thinking": "very"},
    {"web_search": "yes"},
    {"stop": 3},
    {"tools": "weather"},
    {"tool_choice": "weather"},
    {"response_format": {"type": "grammar"}},
    {"unsupported": "drop"},
]


@pytest.mark.parametrize("options", MISTAKES)
def test_a_mistake_is_refused_in_both_modes(options: dict[str, Any]) -> None:
    name = next(iter(options))
    with pytest.raises(InvalidRequestError) as caught:
        build(**{"unsupported": "ignore", **options})
    assert caught.value.param == name


def test_a_name_that_is_nearly_an_option_is_named_when_refused() -> None:
    with pytest.raises(InvalidRequestError, match="did you mean temperature"):
        build(temprature=0.5)


@given(
    model=st.sampled_from([spec.name for spec in list_models()]),
    options=st.fixed_dictionaries(
        {},
        optional={
            **{name: st.integers() for name in COUNTS},
            **{name: st.integers() | FINITE for name in NUMBERS},
        },
    ),
)
def test_every_number_is_sent_as_it_is_or_named(model: str, options: dict[str, Any]) -> None:
    spec = find_model(model)
    request = build(model, SEEN if spec.images else "你好", unsupported="ignore", **options)
    for name, value in request.parameters.items():
        legal = getattr(spec, name)
        assert value in legal if legal else (name == "max_tokens" and value >= 1)
    for name, value in options.items():
        zero = name == "temperature" and value == 0  # the smallest legal one stands for it
        assert zero or (request.parameters.get(name) == value) != (name in request.ignored)


def test_what_does_not_go_along_to_the_image_model_is_named() -> None:
    options: dict[str, Any] = {"image_model": "image", "web_search": True}
    assert build(prompt=SEEN, **options).ignored == ("web_search",)
    assert build(**options).ignored == ()
    with pytest.raises(InvalidRequestError, match="image goes to image_model, here 'image'"):
        build(prompt=SEEN, tools=[WEATHER], **options)
    request = build(prompt=SEEN, tools=[WEATHER], unsupported="ignore", **options)
    assert (request.spec.name, request.ignored) == ("image", ("web_search", "tools"))


def test_tools_that_would_be_left_out_are_not_refused_before_the_call() -> None:
    assert check_tools(find_model("lite"), [WEATHER], "ignore") == ()
    with pytest.raises(InvalidRequestError, match="cannot call tools"):
        check_tools(find_model("lite"), [WEATHER])


def test_each_kind_is_a_warning_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsupported, "_reported", set())
    caplog.set_level(logging.DEBUG, "iflytek_spark")
    build(unsupported="ignore", seed=1)
    build(unsupported="ignore", seed=2)
    build(unsupported="ignore", seed=3, top_p=0.2)
    build(unsupported="ignore")
    assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG", "WARNING"]
    assert "'seed', 'top_p'" in caplog.text
    assert "'4.0Ultra'" in caplog.text


def test_the_memory_of_what_was_warned_of_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    names: set[str] = set()
    monkeypatch.setattr(unsupported, "_reported", names)
    for number in range(300):
        options: dict[str, Any] = {f"field_{number}": 1}
        build(unsupported="ignore", **options)
    assert len(names) == 100
