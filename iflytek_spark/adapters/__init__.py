"""For writers of adapters of AI frameworks.

An adapter imports ``iflytek_spark``, its ``errors``, its ``settings`` (what a model is set up with)
and this package, and nothing else of the core:

- OpenAI's shapes of tools, tool choices, tool calls and token counts: ``openai``
- structured output, validated, and asked for once more: ``structured``
- whether a value fits a JSON schema, in a bounded number of steps: ``SchemaCheck``
- what an adapter may want to know before it asks: ``answering_model``, ``check_tools``,
  ``exact_as_tool`` (else an answer of a schema is better asked for as JSON),
  ``UNKNOWN_CONTEXT_TOKENS``
"""

from __future__ import annotations

from iflytek_spark.adapters.openai import (
    OpenAIFunction,
    OpenAISchemaFormat,
    OpenAITool,
    OpenAIToolCall,
    OpenAIUsage,
    call_to_openai,
    choice_from_openai,
    is_web_search,
    schema_format,
    tool_from_openai,
    tool_to_openai,
    tools_from_openai,
    usage_to_openai,
    web_search_from_openai,
)
from iflytek_spark.adapters.structured import ValidatedRequest
from iflytek_spark.assumptions import UNKNOWN_CONTEXT_TOKENS
from iflytek_spark.requests.build import answering_model, check_tools, exact_as_tool
from iflytek_spark.requests.schemas.check import SchemaCheck, TooManyStepsError

__all__ = [
    "UNKNOWN_CONTEXT_TOKENS",
    "OpenAIFunction",
    "OpenAISchemaFormat",
    "OpenAITool",
    "OpenAIToolCall",
    "OpenAIUsage",
    "SchemaCheck",
    "TooManyStepsError",
    "ValidatedRequest",
    "answering_model",
    "call_to_openai",
    "check_tools",
    "choice_from_openai",
    "exact_as_tool",
    "is_web_search",
    "schema_format",
    "tool_from_openai",
    "tool_to_openai",
    "tools_from_openai",
    "usage_to_openai",
    "web_search_from_openai",
]
