"""JSON that was asked for is validated, and repaired once: Spark cannot be held to a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from iflytek_spark import AsyncSparkClient, ChatOptions, ChatResponse, Message, ModelSpec
from iflytek_spark.adapters import ValidatedRequest
from iflytek_spark.errors import InvalidResponseError
from iflytek_spark.gateway.openai.schema_check import SchemaCheck


class JSONCheck:
    """What an answer must be."""

    def __init__(self, response_format: Mapping[str, Any]) -> None:
        """Set up for a ``response_format`` of type json_object or json_schema.

        Raises:
            InvalidRequestError: for a schema that cannot be used.
        """
        schema = response_format.get("json_schema", {}).get("schema", {"type": "object"})
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
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            return f"it is not JSON: {error}"
        return self._schema.problem(value)


async def checked_chat(
    client: AsyncSparkClient,
    model: ModelSpec,
    messages: Sequence[Message],
    options: ChatOptions,
    check: JSONCheck,
) -> ChatResponse:
    """Ask a model for JSON, and return an answer that fits.

    Raises:
        InvalidResponseError: when the second answer does not fit either.
        SparkError: see :mod:`iflytek_spark.errors`.
    """

    def repair(refused: ChatResponse, instruction: str) -> list[Message]:
        return [*messages, Message("assistant", refused.text), Message("user", instruction)]

    request = ValidatedRequest(list(messages), check.read, repair)
    while not request.done:
        request.receive(await client.chat(request.messages, model=model, **options))
    return request.value
