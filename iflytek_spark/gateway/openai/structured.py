"""JSON that was asked for is validated, and repaired once: Spark cannot be held to a schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, TypeAlias

from iflytek_spark import AsyncChatStream, ChatResponse, Message
from iflytek_spark.adapters import (
    SchemaCheck,
    TooManyStepsError,
    ValidatedRequest,
    schema_problem,
)
from iflytek_spark.errors import InvalidRequestError, InvalidResponseError
from iflytek_spark.gateway.accounts.routed import RoutedStream
from iflytek_spark.gateway.work import in_thread

ChatSource: TypeAlias = AsyncChatStream | RoutedStream
"""A response that comes."""

MAX_CHARACTERS = 32 * 1024
"""The longest schema, written as JSON."""

_MAX_ANSWER = 1_000_000
"""Characters of an answer: no model writes as many, and reading JSON holds up all threads."""


class JSONCheck:
    """What an answer must be."""

    def __init__(self, response_format: Mapping[str, Any]) -> None:
        """Set up for a ``response_format`` of type json_object or json_schema.

        Raises:
            InvalidRequestError: for a schema that cannot be used.
        """
        schema = response_format.get("json_schema", {}).get("schema", {"type": "object"})
        if len(json.dumps(schema, ensure_ascii=False)) > MAX_CHARACTERS:
            raise _refusal(f"is longer than {MAX_CHARACTERS} characters")
        if problem := schema_problem(schema):
            raise _refusal(problem)
        self._schema = SchemaCheck(schema)

    def read(self, response: ChatResponse) -> ChatResponse:
        """Return an answer that fits, and one that Spark ended early, as it is.

        Raises:
            InvalidResponseError: for an answer that does not fit.
        """
        problem = "" if response.finish_reason != "stop" else self._problem(response.text)
        if problem:
            raise InvalidResponseError(
                f"the model's answer does not fit response_format: {problem}",
                sid=response.sid,
                hint="make the schema simpler, or try again",
            )
        return response

    def _problem(self, text: str) -> str:
        if len(text) > _MAX_ANSWER:
            return f"it is longer than {_MAX_ANSWER} characters"
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            return f"it is not JSON: {error}"
        try:
            return self._schema.problem(value)
        except TooManyStepsError as error:
            raise _refusal("refers to itself without end, or takes too many steps") from error


def _refusal(problem: str) -> InvalidRequestError:
    return InvalidRequestError(f"response_format's schema {problem}", param="response_format")


async def checked_chat(
    stream: ChatSource,
    messages: Sequence[Message],
    ask: Callable[[Sequence[Message]], ChatSource],
    check: JSONCheck,
    begun: Callable[[], object],
) -> ChatResponse:
    """Ask a model for JSON, and return an answer that fits.

    Args:
        stream: the first answer.
        messages: what it answers.
        ask: asks for another.
        check: what an answer must be; that is looked at in a thread.
        begun: is called when an answer has begun.

    Raises:
        InvalidResponseError: when the second answer does not fit either.
        InvalidRequestError: for a schema that takes too long to check.
        SparkError: see :mod:`iflytek_spark.errors`.
    """

    def repair(refused: ChatResponse, instruction: str) -> list[Message]:
        return [*messages, Message("assistant", refused.text), Message("user", instruction)]

    request = ValidatedRequest(list(messages), check.read, repair)
    while True:
        async with aclosing(stream):
            await anext(stream, None)  # what fails here has a status
            begun()
            response = await stream.response()
        await in_thread(request.receive, response)
        if request.done:
            return request.value
        stream = await in_thread(ask, request.messages)
