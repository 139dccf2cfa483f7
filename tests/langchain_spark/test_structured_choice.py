"""Structured output takes the way that works for its schema and model, and a call's options."""

from __future__ import annotations

import pickle
from typing import Any, Literal, TypedDict

import pytest
from langchain.agents import create_agent
from pydantic import BaseModel

from iflytek_spark.emulator import Emulator
from tests._support.frames import answer, function_call
from tests._support.service import lead_to
from tests.langchain_spark.asking import WAYS, Make, ask, functions, replay, turns


class Cat(BaseModel):
    """A cat."""

    kind: Literal["cat"]
    meows: int


class Dog(BaseModel):
    """A dog."""

    kind: Literal["dog"]
    barks: bool


class Pets(BaseModel):
    """Some pets."""

    pets: list[Cat | Dog]


class Letter(BaseModel):
    """A letter."""

    to: str | list[str]


class Tree(BaseModel):
    """A tree."""

    name: str
    children: list[Tree] = []


class Person(BaseModel):
    """A person."""

    name: str
    age: int


class PersonDict(TypedDict):
    """A person."""

    name: str
    age: int


JSON_SCHEMA = {"title": "Person", **Person.model_json_schema()}
PETS = '{"pets": [{"kind": "dog", "barks": true}]}'
RICH: list[tuple[Any, str]] = [
    (Pets, PETS),
    (Letter, '{"to": ["a", "b"]}'),
    (Tree, '{"name": "a", "children": [{"name": "b"}]}'),
]
every_method = pytest.mark.parametrize("method", ["function_calling", "json_schema", "json_mode"])


@pytest.mark.parametrize(("schema", "text"), RICH)
@pytest.mark.parametrize("model", ["4.0Ultra", "lite"])
@WAYS
async def test_a_schema_that_no_tool_says_is_asked_for_as_json(
    chat: Make, spark: Emulator, schema: Any, text: str, model: str, how: str
) -> None:
    replay(spark, answer(text, ""))
    found = await ask(chat(model=model).with_structured_output(schema), "嗯", how)
    assert found == schema.model_validate_json(text)
    assert functions(spark) == []
    assert "JSON Schema" in turns(spark)[-1][1]


def test_the_whole_of_a_class_that_contains_itself_is_said(chat: Make, spark: Emulator) -> None:
    replay(spark, answer('{"name": "a"}', ""))
    chat().with_structured_output(Tree).invoke("嗯")
    assert '{"$ref": "#/$defs/Tree"}' in turns(spark)[-1][1]


@pytest.mark.parametrize(("schema", "text"), RICH)
def test_such_a_schema_can_be_a_tool_too(
    chat: Make, spark: Emulator, schema: Any, text: str
) -> None:
    replay(spark, [function_call(schema.__name__, text)])
    llm = chat().with_structured_output(schema, method="function_calling")
    assert llm.invoke("嗯") == schema.model_validate_json(text)


def test_the_model_of_the_call_counts(chat: Make, spark: Emulator) -> None:
    replay(spark, answer('{"name": "王", "age": 3}', ""))
    found = chat().with_structured_output(Person, model="lite").invoke("嗯")
    assert found == Person(name="王", age=3)


@pytest.mark.parametrize("schema", [Pets, Letter, Tree])
def test_agents_take_such_a_class(chat: Make, spark: Emulator, schema: Any) -> None:
    text = dict(RICH)[schema]
    replay(spark, [function_call(schema.__name__, text)])
    agent: Any = create_agent(chat(), [], response_format=schema)
    state = agent.invoke({"messages": [("human", "嗯")]})
    assert state["structured_response"] == schema.model_validate_json(text)


@pytest.mark.parametrize("model", ["lite", "kjwx"])
def test_agents_of_models_without_tools_answer_with_objects(
    chat: Make, spark: Emulator, model: str
) -> None:
    assert (chat(model=model).profile or {})["structured_output"] is True
    replay(spark, answer('{"name": "王", "age": 3}', ""))
    agent: Any = create_agent(chat(model=model), [], response_format=Person)
    state = agent.invoke({"messages": [("human", "王三岁")]})
    assert state["structured_response"] == Person(name="王", age=3)


def test_agents_of_models_with_tools_use_them(chat: Make) -> None:
    assert (chat().profile or {})["structured_output"] is False


def replies(method: str) -> list[list[str]]:
    """A wrong answer and a right one, in the form of a method."""
    texts = ('{"name": "王"}', '{"name": "王", "age": 3}')
    if method == "function_calling":
        return [[function_call("Person", text)] for text in texts]
    return [answer(text, "") for text in texts]


@every_method
@pytest.mark.parametrize("include_raw", [False, True])
@pytest.mark.parametrize("bound", [False, True])
@WAYS
async def test_options_of_a_call_go_to_the_model_both_times(
    chat: Make, spark: Emulator, method: Any, include_raw: bool, bound: bool, how: str
) -> None:
    replay(spark, *replies(method))
    llm: Any = chat().with_structured_output(Person, method=method, include_raw=include_raw)
    found = await ask(_with_options(llm, bound=bound), "嗯", how)
    assert (found["parsed"] if include_raw else found) == Person(name="王", age=3)
    sent = [request.body["parameter"]["chat"] for request in spark.requests]
    assert [(chat["temperature"], chat["max_tokens"]) for chat in sent] == [(0.3, 99)] * 2


def _with_options(llm: Any, *, bound: bool) -> Any:
    options: dict[str, Any] = {"temperature": 0.3, "max_tokens": 99, "stop": ["。"]}
    return llm.bind(**options) if bound else _Given(llm, options)


class _Given:
    """Gives options to every call, as a caller may."""

    def __init__(self, llm: Any, options: dict[str, Any]) -> None:
        self._llm, self._options = llm, options

    def invoke(self, prompt: Any) -> Any:
        return self._llm.invoke(prompt, **self._options)

    def stream(self, prompt: Any) -> Any:
        return self._llm.stream(prompt, **self._options)

    async def ainvoke(self, prompt: Any) -> Any:
        return await self._llm.ainvoke(prompt, **self._options)

    def astream(self, prompt: Any) -> Any:
        return self._llm.astream(prompt, **self._options)


@every_method
async def test_batches_take_options_too(chat: Make, spark: Emulator, method: Any) -> None:
    right = replies(method)[1]
    replay(spark, right, right, right, right)
    llm = chat().with_structured_output(Person, method=method)
    people = llm.batch(["嗯", "啊"], stop=["。"]) + await llm.abatch(["嗯", "啊"], stop=["。"])
    assert people == [Person(name="王", age=3)] * 4


@every_method
@pytest.mark.parametrize("schema", [Person, PersonDict, JSON_SCHEMA])
@pytest.mark.parametrize("include_raw", [False, True])
def test_a_chain_can_be_pickled(
    chat: Make,
    spark: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    method: Any,
    schema: Any,
    include_raw: bool,
) -> None:
    lead_to(spark, monkeypatch)
    name = schema["title"] if isinstance(schema, dict) else schema.__name__
    right = [function_call(name, '{"name": "王", "age": 3}')]
    replay(spark, right if method == "function_calling" else replies(method)[1])
    llm = chat().with_structured_output(schema, method=method, include_raw=include_raw)
    again = pickle.loads(pickle.dumps(llm))  # noqa: S301 - written a moment ago
    found = again.invoke("嗯")
    found = found["parsed"] if include_raw else found
    assert (found if isinstance(found, dict) else found.model_dump()) == {"name": "王", "age": 3}
