"""What is asked about a row, and what its answer must be."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeAlias

from pydantic import BaseModel, TypeAdapter, ValidationError

from iflytek_spark import (
    ChatOptions,
    ChatResponse,
    InvalidRequestError,
    InvalidResponseError,
    JSONObject,
    Message,
    Role,
)
from iflytek_spark.adapters import (
    SchemaCheck,
    TooManyStepsError,
    call_to_openai,
    calls_from_openai,
    messages_of,
    read_json,
    schema_format,
    schema_problem,
)
from iflytek_spark.errors import JobError
from iflytek_spark.jobs.files.output import OutputKind
from iflytek_spark.jobs.files.tables import JSONValue

Schema: TypeAlias = type[BaseModel] | JSONObject
"""What an answer must fit: a pydantic class, or a JSON schema."""


class Task(Protocol):
    """How a row becomes a conversation, and an answer an output."""

    @property
    def settings(self) -> Mapping[str, JSONValue]:
        """What a journal knows the task by: all that changes the results."""

    @property
    def options(self) -> ChatOptions:
        """The options that the task adds to each call."""

    @property
    def output_kind(self) -> OutputKind:
        """Whether outputs are ``text`` or ``json``."""

    def messages(self, fields: Mapping[str, object]) -> list[Message]:
        """Return the conversation of a row, or raise an InvalidRequestError."""

    def output(self, response: ChatResponse) -> JSONValue:
        """Return what an answer comes to.

        Raises:
            InvalidResponseError: when it does not fit; the model is shown the message, once.
        """


@dataclass(frozen=True)
class SchemaTask:
    """What answers must be, for tasks that differ in their conversations.

    Attributes:
        schema: what an answer must fit, or None for any text.
    """

    schema: Schema | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse a schema that cannot be used, with a JobError."""
        if not isinstance(self.schema, type) and self.schema is not None:
            problem = schema_problem(self.schema)
            if problem:
                raise JobError(f"the schema is not one: {problem}")

    @property
    def options(self) -> ChatOptions:
        """What makes the model answer with JSON, if there is a schema."""
        if self.json_schema is None:
            return {}
        name = str(self.json_schema.get("title", "answer"))
        return {"response_format": {**schema_format(name, self.json_schema)}}

    @property
    def output_kind(self) -> OutputKind:
        """JSON where there is a schema."""
        return "text" if self.schema is None else "json"

    def output(self, response: ChatResponse) -> JSONValue:
        """Return the text, or the JSON that fits."""
        if self.schema is None:
            return response.text
        try:
            value: JSONValue = read_json(response.text)
            return self._checked(value)
        except (ValidationError, InvalidResponseError) as error:
            raise InvalidResponseError(f"the answer does not fit the schema: {error}") from error

    @cached_property
    def json_schema(self) -> JSONObject | None:
        """The schema as JSON."""
        if self._model is not None:
            return self._model.json_schema()
        return None if self.schema is None or isinstance(self.schema, type) else self.schema

    @property
    def _written(self) -> JSONValue:
        return None if self.json_schema is None else {**self.json_schema}

    def _checked(self, value: JSONValue) -> JSONValue:
        if self._model is not None:
            found = self._model.validate_python(value)
            written: JSONValue = self._model.dump_python(found, mode="json")
            return written
        try:
            problem = self._check.problem(value)
        except TooManyStepsError as error:
            raise InvalidResponseError(str(error)) from error
        if problem:
            raise InvalidResponseError(problem)
        return value

    @cached_property
    def _model(self) -> TypeAdapter[BaseModel] | None:
        return TypeAdapter(self.schema) if isinstance(self.schema, type) else None

    @cached_property
    def _check(self) -> SchemaCheck:
        return SchemaCheck(self.json_schema or {})


@dataclass(frozen=True)
class PromptTask(SchemaTask):
    """Asks with a prompt, in which ``{name}`` is a column.

    Attributes:
        prompt: the text; ``{{`` and ``}}`` are braces.
    """

    prompt: str

    def __post_init__(self) -> None:
        """Refuse a template or a schema that cannot be used, with a JobError."""
        super().__post_init__()
        if not _columns(self.prompt):
            raise JobError("the prompt names no column of the input", hint="for instance {text}")

    @property
    def settings(self) -> Mapping[str, JSONValue]:
        """The prompt and the schema."""
        return {"prompt": self.prompt, "schema": self._written}

    def messages(self, fields: Mapping[str, object]) -> list[Message]:
        """Fill the prompt with a row's columns."""
        text = "".join(
            literal + ("" if name is None else text_of(fields, name))
            for literal, name, _, _ in string.Formatter().parse(self.prompt)
        )
        return [Message("user", text)]


@dataclass(frozen=True)
class ConversationTask(SchemaTask):
    """Asks with the conversation that stands in a column, in OpenAI's shape.

    Attributes:
        column: its name: a list of ``{"role": …, "content": …}``, or the JSON of one.
    """

    column: str

    @property
    def settings(self) -> Mapping[str, JSONValue]:
        """The column and the schema."""
        return {"messages": self.column, "schema": self._written}

    def messages(self, fields: Mapping[str, object]) -> list[Message]:
        """Read the conversation."""
        return read_messages(_from_json(fields.get(self.column)))


def _columns(prompt: str) -> list[str]:
    try:
        found = list(string.Formatter().parse(prompt))
    except ValueError as error:
        raise JobError(f"the prompt cannot be read: {error}") from error
    named = [(name, form, turn) for _, name, form, turn in found if name is not None]
    for name, form, turn in named:
        if not name or form or turn:
            raise JobError(
                f"the prompt has {{{name}{turn or ''}{form or ''}}}, not a column's name",
                hint="double the braces that are text",
            )
    return [name for name, _, _ in named]


def read_messages(value: object) -> list[Message]:
    """Read a conversation in OpenAI's shape: texts of the system, the user and the assistant.

    Raises:
        InvalidRequestError: for anything else.
    """
    if not isinstance(value, list) or not value:
        raise InvalidRequestError("its conversation is not a list of messages")
    return [message for turn in value for message in _turn(turn)]


def _turn(turn: object) -> list[Message]:
    role = turn.get("role") if isinstance(turn, Mapping) else None
    if not isinstance(turn, Mapping) or role not in _ROLES:
        raise InvalidRequestError(f"its conversation holds {turn!r:.80}, not a message")
    return list(
        messages_of(
            _ROLES[role],
            turn.get("content"),
            calls=calls_from_openai(turn),
            tool_call_id=str(turn.get("tool_call_id") or ""),
            name=str(turn.get("name") or ""),
        )
    )


_ROLES: Mapping[object, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}


def write_messages(messages: Sequence[Message]) -> list[JSONValue]:
    """Write a conversation so that :func:`read_messages` reads it.

    Raises:
        InvalidRequestError: for one that holds images: a job's rows are texts.
    """
    if any(message.images for message in messages):
        raise InvalidRequestError("a job's conversations hold no images")
    return [_written(message) for message in messages]


def _written(message: Message) -> dict[str, JSONValue]:
    written: dict[str, JSONValue] = {"role": message.role, "content": message.text}
    if message.tool_calls:
        calls = [call_to_openai(call) for call in message.tool_calls]
        written["tool_calls"] = json.loads(json.dumps(calls))
    if message.tool_call_id:
        written["tool_call_id"] = message.tool_call_id
    if message.name:
        written["name"] = message.name
    return written


def text_of(fields: Mapping[str, object], column: str) -> str:
    """Return a column as text; what is no text is written as JSON.

    Raises:
        InvalidRequestError: when there is none.
    """
    value = fields.get(column)
    if value is None:
        raise InvalidRequestError(f"it has no {column!r}")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _from_json(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError(f"its conversation is not JSON: {error}") from error
