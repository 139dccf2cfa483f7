"""``with_structured_output``: ask for a schema, validate the answer, have it repaired once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, TypeAlias

from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.messages.utils import convert_to_messages
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.utils.function_calling import convert_to_json_schema
from pydantic import BaseModel, ValidationError
from pydantic.v1 import BaseModel as BaseModelV1
from pydantic.v1 import ValidationError as ValidationErrorV1

from iflytek_spark import InvalidResponseError, ModelSpec, WireChoice
from iflytek_spark.adapters import (
    SchemaCheck,
    TooManyStepsError,
    ValidatedRequest,
    exact_as_tool,
    read_json,
    schema_format,
)
from langchain_spark._tools import own_schema, to_tools

Method: TypeAlias = Literal["function_calling", "json_schema", "json_mode"]
Schema: TypeAlias = Mapping[str, Any] | type
Check: TypeAlias = Callable[[Any], Any]
_LOG = logging.getLogger("langchain_spark")


def json_schema_of(schema: Schema) -> dict[str, Any]:
    """Return the JSON schema of a pydantic class, TypedDict or JSON schema."""
    if isinstance(schema, Mapping):
        return convert_to_json_schema(dict(schema))
    own = own_schema(schema) if issubclass(schema, BaseModel | BaseModelV1) else None
    return convert_to_json_schema(schema) if own is None else own


def default_method(spec: ModelSpec, schema: Schema | None, wire: WireChoice = "auto") -> Method:
    """Choose how a model is asked for a schema: by a tool, where one can say all of it.

    Args:
        spec: the model.
        schema: the schema, or None for any JSON object, of which nothing can be said.
        wire: over which wire the call goes.
    """
    if schema is None:
        return "json_schema"
    tool = dict(schema) if isinstance(schema, Mapping) else schema
    return "function_calling" if exact_as_tool(spec, to_tools([tool])[0], wire) else "json_schema"


def checker(schema: Schema | None) -> Check:
    """Choose how an answer is validated.

    Args:
        schema: a pydantic class of version 2 or 1, a TypedDict, a JSON schema, or None for any
            JSON object.

    Returns:
        A function from the answer's JSON to what the user gets: an instance of a pydantic class,
        else a dict. It raises ValueError for an answer that does not fit.
    """
    if schema is None:
        return _any_object
    if isinstance(schema, type) and issubclass(schema, BaseModelV1):
        return schema.parse_obj
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return schema.model_validate
    return _JSONSchemaCheck(json_schema_of(schema))


def _any_object(value: Any) -> Any:
    if not isinstance(value, dict):
        raise TypeError("it is not a JSON object")
    return value


class _JSONSchemaCheck:
    """Validates against a JSON schema; an object, so that what holds it can be pickled."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = SchemaCheck(schema)

    def __call__(self, value: Any) -> Any:
        try:
            problem = self._schema.problem(value)
        except TooManyStepsError as error:
            _LOG.warning("an answer was not validated: %s", error)
            return value
        if problem:
            raise ValueError(problem)
        return value


def bind_schema(
    model: BaseChatModel,
    schema: Schema | None,
    method: Method,
    strict: bool | None,
    kwargs: dict[str, Any],
) -> Runnable[LanguageModelInput, AIMessage]:
    """Bind a model to a schema.

    Args:
        model: the model.
        schema: the schema, or None for any JSON object.
        method: how the model is told of it.
        strict: kept in the tool's JSON.
        kwargs: further options of the calls.

    Returns:
        The model, bound.

    Raises:
        ValueError: for an unknown method, or no schema where one is needed.
    """
    if schema is None and method != "json_mode":
        raise ValueError(f"method {method!r} needs a schema")
    written = {} if schema is None else json_schema_of(schema)
    traced = {"kwargs": {"method": method}, "schema": _traced(schema)}
    kwargs = {**kwargs, "ls_structured_output_format": traced}
    if method == "function_calling" and schema is not None:
        tool = dict(schema) if isinstance(schema, Mapping) else schema
        return model.bind_tools([tool], tool_choice="any", strict=strict, **kwargs)
    if method == "json_schema":
        wanted = schema_format(written.get("title", "answer"), written)
        return model.bind(response_format=wanted, **kwargs)
    if method == "json_mode":
        return model.bind(response_format={"type": "json_object"}, **kwargs)
    raise ValueError(f"method {method!r} is not function_calling, json_schema or json_mode")


def _traced(schema: Schema | None) -> dict[str, Any]:
    """Return a schema as LangChain's traces show it, and its tests compare it."""
    if schema is None:
        return {}
    return convert_to_json_schema(dict(schema) if isinstance(schema, Mapping) else schema)


class StructuredOutput:
    """Asks, validates, and asks once more with the validation error in view.

    Options of a call (``stop``, ``temperature``, …) go to the model both times.
    """

    def __init__(
        self,
        llm: Runnable[LanguageModelInput, AIMessage],
        check: Check,
        *,
        from_tool: bool,
        include_raw: bool,
    ) -> None:
        """Set up.

        Args:
            llm: the model, bound to the schema.
            check: as :func:`checker` gives it.
            from_tool: whether the answer is a tool call's arguments rather than text.
            include_raw: whether the message and the error are returned too.
        """
        self._llm = llm
        self._check = check
        self._from_tool = from_tool
        self._include_raw = include_raw

    def runnable(self) -> Runnable[LanguageModelInput, Any]:
        """Return it as a part of a chain."""
        return RunnableLambda(self._invoke, self._ainvoke, name="StructuredOutput")

    def _invoke(self, prompt: LanguageModelInput, config: RunnableConfig, **options: Any) -> Any:
        request = self._validated(prompt)
        while not request.done:
            request.receive(self._llm.invoke(request.messages, config, **options))
        return self._result(request)

    async def _ainvoke(
        self, prompt: LanguageModelInput, config: RunnableConfig, **options: Any
    ) -> Any:
        request = self._validated(prompt)
        while not request.done:
            request.receive(await self._llm.ainvoke(request.messages, config, **options))
        return self._result(request)

    def _validated(
        self, prompt: LanguageModelInput
    ) -> ValidatedRequest[LanguageModelInput, AIMessage, Any]:
        return ValidatedRequest(prompt, self._read, partial(_repair, prompt))

    def _read(self, raw: AIMessage) -> Any:
        try:
            return self._check(self._json(raw))
        except (ValidationError, ValidationErrorV1, ValueError, TypeError, RecursionError) as error:
            raise InvalidResponseError(
                f"the model's answer does not fit the schema: {error}"
            ) from error

    def _json(self, raw: AIMessage) -> Any:
        if not self._from_tool:
            return read_json(raw.text)
        if raw.invalid_tool_calls:
            raise ValueError(raw.invalid_tool_calls[0]["error"])
        return raw.tool_calls[0]["args"]

    def _result(self, request: ValidatedRequest[LanguageModelInput, AIMessage, Any]) -> Any:
        raw = request.response
        try:
            value, problem = request.value, None
        except InvalidResponseError as error:
            text = "" if raw is None else str(raw.text)
            value, problem = None, OutputParserException(error.message, llm_output=text)
            problem.__cause__ = error
        if self._include_raw:
            return {"raw": raw, "parsed": value, "parsing_error": problem}
        if problem is not None:
            raise problem
        return value


def _repair(prompt: LanguageModelInput, raw: AIMessage, instruction: str) -> list[BaseMessage]:
    """Continue the conversation with the refused answer and the reason."""
    calls = (*raw.tool_calls, *raw.invalid_tool_calls)
    replies: list[BaseMessage] = [
        ToolMessage(instruction, tool_call_id=call["id"] or "", status="error") for call in calls
    ]
    return [*_messages(prompt), raw, *(replies or [HumanMessage(instruction)])]


def _messages(prompt: LanguageModelInput) -> list[BaseMessage]:
    if isinstance(prompt, PromptValue):
        return prompt.to_messages()
    if isinstance(prompt, str):
        return [HumanMessage(prompt)]
    return convert_to_messages(prompt)
