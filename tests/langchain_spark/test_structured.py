"""Structured output has the right values, is validated, and is repaired once."""

from __future__ import annotations

import json
import typing
from typing import Annotated, Any

import pydantic
import pydantic.v1
import pytest
import typing_extensions
from langchain_core.exceptions import ModelError, OutputParserException
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import HumanMessage
from langchain_core.prompts import ChatPromptTemplate

from iflytek_spark.emulator import Emulator
from iflytek_spark.errors import ToolNotCalledError
from iflytek_spark.requests.tool_text import ToolResult, read_tool_text
from tests._support.frames import answer, function_call
from tests.langchain_spark.asking import WAYS, Make, ask, functions, replay, turns


class Person(pydantic.BaseModel):
    """A person."""

    name: str = pydantic.Field(description="the full name")
    age: int
    email: str | None = None


class PersonV1(pydantic.v1.BaseModel):
    """A person."""

    name: str = pydantic.v1.Field(..., description="the full name")
    age: int
    email: str | None = None


class PersonDict(typing.TypedDict):
    """A person."""

    name: Annotated[str, ..., "the full name"]
    age: Annotated[int, ..., "in years"]
    email: Annotated[str | None, None, "an address"]


class PersonExtended(typing_extensions.TypedDict):
    """A person."""

    name: str
    age: int
    email: Annotated[str | None, None, "an address"]


JSON_SCHEMA = {
    "title": "Person",
    "description": "A person.",
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "email": {"type": "string"},
    },
    "required": ["name", "age"],
}
SCHEMAS: list[Any] = [Person, PersonV1, PersonDict, PersonExtended, JSON_SCHEMA]
METHODS = ["function_calling", "json_schema", "json_mode"]
MING = {"name": "王小明", "age": 30}
every_schema = pytest.mark.parametrize("schema", SCHEMAS)
every_method = pytest.mark.parametrize("method", METHODS)


def said(method: str, value: object) -> list[str]:
    """The model's answer with a value, in the form of a method."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if method == "function_calling":
        return [function_call("Person", text)]
    return answer("```json\n", text[:3], text[3:], "\n```")


def named(schema: Any) -> str:
    return str(schema["title"] if isinstance(schema, dict) else schema.__name__)


def plain(value: Any) -> dict[str, Any]:
    """What was returned, as a dict without what is not set."""
    if isinstance(value, pydantic.v1.BaseModel):
        return value.dict(exclude_unset=True)
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(exclude_unset=True)
    assert isinstance(value, dict)
    return value


@every_schema
@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
@pytest.mark.parametrize("include_raw", [False, True])
def test_values_stand_where_they_belong(
    chat: Make, schema: Any, method: Any, include_raw: bool
) -> None:
    llm = chat().with_structured_output(schema, method=method, include_raw=include_raw)
    found = llm.invoke("name: Alice, age: 37, email: alice@example.com")
    if include_raw:
        assert set(found) == {"raw", "parsed", "parsing_error"}
        assert found["parsing_error"] is None
        found = found["parsed"]
    assert isinstance(schema, dict) or isinstance(found, schema if plain_class(schema) else dict)
    values = plain(found)
    assert (values["name"], values["age"]) == ("Alice", 37)


def plain_class(schema: Any) -> bool:
    return isinstance(schema, type) and issubclass(
        schema, pydantic.BaseModel | pydantic.v1.BaseModel
    )


@every_schema
@every_method
@WAYS
async def test_an_answer_without_the_optional_field(
    chat: Make, spark: Emulator, schema: Any, method: Any, how: str
) -> None:
    frames = said(method, MING)
    if method == "function_calling":
        frames = [function_call(named(schema), json.dumps(MING))]
    replay(spark, frames)
    found = await ask(chat().with_structured_output(schema, method=method), "他是谁", how)
    assert plain(found) == MING
    assert len(spark.requests) == 1


def test_json_mode_without_a_schema_gives_any_object(chat: Make, spark: Emulator) -> None:
    replay(spark, said("json_mode", {"x": [1]}))
    assert chat().with_structured_output(method="json_mode").invoke("问") == {"x": [1]}


@every_method
@pytest.mark.parametrize("include_raw", [False, True])
@WAYS
async def test_the_model_is_shown_its_mistake_once(
    chat: Make, spark: Emulator, method: Any, include_raw: bool, how: str
) -> None:
    replay(spark, said(method, {"name": "王小明", "age": "三十"}), said(method, MING))
    llm = chat().with_structured_output(Person, method=method, include_raw=include_raw)
    found = await ask(llm, "他是谁", how)
    assert (found["parsed"] if include_raw else found) == Person(name="王小明", age=30)
    (_, asked), (role, given), (_, repair) = turns(spark)
    assert asked == "他是谁"
    assert role == "assistant"
    assert "三十" in given
    assert "valid integer" in repair
    assert "age" in repair


def test_the_repair_of_a_tool_call_is_the_tools_result(chat: Make, spark: Emulator) -> None:
    replay(spark, said("function_calling", {"name": "王"}), said("function_calling", MING))
    chat().with_structured_output(Person).invoke([HumanMessage("他是谁")])
    (result,) = read_tool_text(turns(spark)[-1][1])
    assert isinstance(result, ToolResult)
    assert (result.name, result.status) == ("Person", "error")
    assert "Field required" in result.content
    assert [function["name"] for function in functions(spark)] == ["Person"]


WRONG = [{"age": 1}, "[1]", "null", '{"name": ', "[" * 9999]


@every_method
@pytest.mark.parametrize("wrong", WRONG)
@WAYS
async def test_twice_wrong_is_a_parsing_error(
    chat: Make, spark: Emulator, method: Any, wrong: object, how: str
) -> None:
    replay(spark, said(method, MING | {"age": "?"}), said(method, wrong))
    with pytest.raises(OutputParserException, match="does not fit the schema"):
        await ask(chat().with_structured_output(Person, method=method), "他是谁", how)
    assert len(spark.requests) == 2


@every_schema
@every_method
def test_with_the_raw_message_nothing_is_raised(
    chat: Make, spark: Emulator, schema: Any, method: Any
) -> None:
    wrong = said(method, {"name": "王小明"})
    if method == "function_calling":
        wrong = [function_call(named(schema), '{"name": "王小明"}')]
    replay(spark, wrong, wrong)
    llm = chat().with_structured_output(schema, method=method, include_raw=True)
    found = llm.invoke("他是谁")
    assert found["parsed"] is None
    assert isinstance(found["parsing_error"], OutputParserException)
    assert "age" in str(found["parsing_error"])
    assert found["raw"].response_metadata["model_name"] == "4.0Ultra"


@WAYS
async def test_text_in_place_of_the_call_is_an_error(chat: Make, spark: Emulator, how: str) -> None:
    replay(spark, answer("他是", "王小明"), answer("", " \n"))
    with pytest.raises(ToolNotCalledError):
        await ask(chat().with_structured_output(Person), "他是谁", how)
    assert len(spark.requests) == 2


@pytest.mark.parametrize(("model", "words"), [("4.0Ultra", "Person"), ("lite", "JSON Schema")])
def test_each_model_has_its_own_way(chat: Make, spark: Emulator, model: str, words: str) -> None:
    found = chat(model=model).with_structured_output(Person).invoke("name: Bob, age: 7")
    assert found == Person(name="Bob", age=7) or plain(found)["age"] == 7
    assert words in turns(spark)[-1][1]
    assert bool(functions(spark)) is (model == "4.0Ultra")


@pytest.mark.parametrize(
    "prompt",
    [
        "name: Bob, age: 7",
        [("human", "name: Bob, age: 7")],
        ChatPromptTemplate.from_template("{words}").invoke({"words": "name: Bob, age: 7"}),
    ],
)
def test_every_form_of_prompt_can_be_repaired(
    chat: Make, spark: Emulator, prompt: LanguageModelInput
) -> None:
    replay(spark, said("function_calling", "{}"), said("function_calling", MING))
    assert chat().with_structured_output(Person).invoke(prompt) == Person(name="王小明", age=30)
    assert turns(spark)[0] == ("user", "name: Bob, age: 7")


def test_a_chain_with_a_prompt(chat: Make) -> None:
    prompt = ChatPromptTemplate.from_messages([("system", "Extract."), ("human", "{words}")])
    chain = prompt | chat().with_structured_output(Person)
    people = chain.batch([{"words": "name: Ann, age: 7"}, {"words": "name: Bob, age: 8"}])
    assert [(plain(p)["name"], plain(p)["age"]) for p in people] == [("Ann", 7), ("Bob", 8)]


def test_wrong_use_is_refused_at_once(chat: Make) -> None:
    with pytest.raises(ValueError, match="needs a schema"):
        chat().with_structured_output()
    with pytest.raises(ValueError, match="method 'xml' is not"):
        chat().with_structured_output(Person, method="xml")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="cannot call tools"):
        chat(model="lite").with_structured_output(Person, method="function_calling")
