"""JSON that was asked for is validated, and repaired once: Spark cannot be held to a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from iflytek_spark import AsyncSparkClient, ChatOptions, ChatResponse, Message, ModelSpec
from iflytek_spark.errors import InvalidAnswerError
from iflytek_spark.gateway.openai.schema_check import SchemaCheck
from iflytek_spark.instructions import repair_instruction


class JSONCheck:
    """What an answer must be."""

    def __init__(self, response_format: Mapping[str, Any]) -> None:
        """Set up.

        Args:
            response_format: of the request, json_object or json_schema.

        Raises:
            InvalidRequestError: for a schema that cannot be used.
        """
        schema = response_format.get("json_schema", {}).get("schema", {"type": "object"})
        self._schema = SchemaCheck(schema)

    def problem(self, response: ChatResponse) -> str:
        """Say what is wrong with an answer, or nothing.

        An answer that Spark ended early is given to the caller as it is, with its reason.
        """
        if response.finish_reason != "stop":
            return ""
        try:
            value = json.loads(response.text)
        except (ValueError, RecursionError) as error:
            return f"it is not JSON: {error}"
        return self._schema.problem(value)


async def checked_chat(
    client: AsyncSparkClient,
    spec: ModelSpec,
    messages: Sequence[Message],
    options: ChatOptions,
    check: JSONCheck,
) -> ChatResponse:
    """Ask for JSON.

    Args:
        client: whom to ask.
        spec: the model.
        messages: the conversation.
        options: of the call.
        check: what the answer must be.

    Returns:
        An answer that fits.

    Raises:
        InvalidAnswerError: when the second answer does not fit either.
        SparkError: see :mod:`iflytek_spark.errors`.
    """
    first = await client.chat(messages, model=spec, **options)
    if not (problem := check.problem(first)):
        return first
    repair = (Message("assistant", first.text), Message("user", repair_instruction(problem)))
    second = await client.chat([*messages, *repair], model=spec, **options)
    if problem := check.problem(second):
        raise InvalidAnswerError(
            f"the model's answer does not fit response_format: {problem}",
            sid=second.sid,
            hint="make the schema simpler, or try again",
        )
    return second
