"""``structured_predict``: ask for a pydantic object, validate the answer, have it repaired once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    MessageRole,
    ToolCallBlock,
)
from llama_index.core.program.utils import FlexibleModel, process_streaming_objects
from pydantic import BaseModel, ValidationError

from iflytek_spark import InvalidResponseError, ModelSpec, Tool, WireChoice
from iflytek_spark.adapters import (
    ValidatedRequest,
    exact_as_tool,
    read_json,
    schema_format,
    tool_to_openai,
)

M = TypeVar("M", bound=BaseModel)
_RESERVED_OPTIONS = (
    "tools",
    "tool_choice",
    "tool_required",
    "allow_parallel_tool_calls",
    "response_format",
)


class StructuredCall(Generic[M]):
    """One question whose answer is an object.

    Attributes:
        request: the conversation, and what its responses come to.
        options: what makes the model answer with the object.
    """

    def __init__(
        self,
        output_cls: type[M],
        messages: Sequence[ChatMessage],
        options: Mapping[str, Any],
        *,
        by_tool: bool,
    ) -> None:
        """Set up.

        Args:
            output_cls: the class of the object.
            messages: the question.
            options: the caller's further options; none of them can lift the force.
            by_tool: whether the object comes as a tool call's arguments rather than as text.
        """
        tool = _tool_of(output_cls)
        self.request: ValidatedRequest[list[ChatMessage], ChatResponse, M] = ValidatedRequest(
            list(messages), self._read, self._repair
        )
        self.options = {
            key: value for key, value in options.items() if key not in _RESERVED_OPTIONS
        }
        self.options |= _by_tool(tool) if by_tool else _by_text(tool)
        self._output_cls = output_cls
        self._by_tool = by_tool

    def _read(self, response: ChatResponse) -> M:
        try:
            given = self._given(response)
            if isinstance(given, str):
                given = json.dumps(read_json(given), ensure_ascii=False)
                return self._output_cls.model_validate_json(given)
            return self._output_cls.model_validate(given)
        except (ValidationError, InvalidResponseError) as error:
            raise InvalidResponseError(
                f"the model's answer does not fit {self._output_cls.__name__}: {error}"
            ) from error

    def _given(self, response: ChatResponse) -> dict[str, Any] | str:
        for block in response.message.blocks:
            if isinstance(block, ToolCallBlock):
                return block.tool_kwargs
        return response.message.content or ""

    def _repair(self, response: ChatResponse, instruction: str) -> list[ChatMessage]:
        """Continue the conversation with the refused answer and the reason."""
        replies = [
            ChatMessage(
                instruction,
                role=MessageRole.TOOL,
                additional_kwargs={"tool_call_id": block.tool_call_id},
            )
            for block in response.message.blocks
            if isinstance(block, ToolCallBlock)
        ]
        return [*self.request.messages, response.message, *(replies or [ChatMessage(instruction)])]

    def partial(self, response: ChatResponse) -> Iterator[M | FlexibleModel]:
        """Yield what can be read of an answer that is not complete; a tool call always is."""
        if not self._by_tool and response.delta:
            found = process_streaming_objects(response, self._output_cls)
            if isinstance(found, FlexibleModel | self._output_cls) and found.model_fields_set:
                yield found


def callable_schema(
    spec: ModelSpec, output_cls: type[BaseModel], wire: WireChoice | None = None
) -> bool:
    """Return whether a model can be given a class as a tool; else the schema goes in words."""
    return exact_as_tool(spec, _tool_of(output_cls), wire)


def _tool_of(output_cls: type[BaseModel]) -> Tool:
    schema = output_cls.model_json_schema()
    name = str(schema.get("title", output_cls.__name__))
    return Tool(name, schema.get("description", ""), schema)


def _by_tool(tool: Tool) -> dict[str, Any]:
    return {"tools": [tool_to_openai(tool)], "tool_choice": "required"}


def _by_text(tool: Tool) -> dict[str, Any]:
    return {"response_format": schema_format(tool.name, tool.parameters)}
