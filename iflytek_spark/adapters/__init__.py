"""For writers of adapters of AI frameworks.

An adapter imports ``iflytek_spark``, its ``errors``, its ``settings`` (what a model is set up with)
and this package, and nothing else of the core:

- OpenAI's shapes of tools, tool choices, tool calls and token counts: ``openai``
- content blocks of any provider, which a history may hold: ``content``; ids of calls and results
  that came without: ``pair_calls``
- structured output, validated, and asked for once more: ``structured``
- the one reader of the arguments of calls: ``read_arguments``, and of JSON as text: ``read_json``
- whether a value fits a JSON schema, in a bounded number of steps: ``SchemaCheck``; whether the
  schema of somebody else is one: ``schema_problem``
- where answers, vectors and ranks come from: ``place_of``, ``vector_namespace``,
  ``rerank_address``; which service is asked: ``vector_service``, ``rerank_service``,
  ``IMAGE_GENERATION``; how many texts go into a request: ``usual_batch_size``
- a key, which may be given as a str: ``Secret``
- what an adapter may want to know before it asks: ``answering_model``, ``changes_form``,
  ``check_tools``, ``estimate_prompt_tokens``, ``SAFE_CONTEXT_TOKENS``, ``exact_as_tool`` (else an
  answer of a schema is better asked for as JSON)
"""

from __future__ import annotations

from iflytek_spark.adapters.content import Content, messages_of, read_content
from iflytek_spark.adapters.fields import Secret
from iflytek_spark.adapters.namespaces import (
    place_of,
    rerank_address,
    usual_batch_size,
    vector_namespace,
    vector_service,
)
from iflytek_spark.adapters.openai import (
    OpenAIFunction,
    OpenAISchemaFormat,
    OpenAITool,
    OpenAIToolCall,
    OpenAIUsage,
    call_to_openai,
    calls_from_openai,
    choice_from_openai,
    is_web_search,
    schema_format,
    tool_from_openai,
    tool_to_openai,
    tools_from_openai,
    usage_to_openai,
    web_search_from_openai,
)
from iflytek_spark.adapters.pairing import pair_calls
from iflytek_spark.adapters.structured import ValidatedRequest
from iflytek_spark.assumptions import SAFE_CONTEXT_TOKENS
from iflytek_spark.models.services import IMAGE_GENERATION, Service
from iflytek_spark.models.vector_models import rerank_service
from iflytek_spark.requests.build import answering_model, check_tools, exact_as_tool
from iflytek_spark.requests.schemas.check import SchemaCheck, TooManyStepsError
from iflytek_spark.requests.schemas.vet import schema_problem
from iflytek_spark.requests.tokens import estimate_prompt_tokens
from iflytek_spark.requests.tool_arguments import read_arguments, read_json
from iflytek_spark.requests.unsupported import changes_form

__all__ = [
    "IMAGE_GENERATION",
    "SAFE_CONTEXT_TOKENS",
    "Content",
    "OpenAIFunction",
    "OpenAISchemaFormat",
    "OpenAITool",
    "OpenAIToolCall",
    "OpenAIUsage",
    "SchemaCheck",
    "Secret",
    "Service",
    "TooManyStepsError",
    "ValidatedRequest",
    "answering_model",
    "call_to_openai",
    "calls_from_openai",
    "changes_form",
    "check_tools",
    "choice_from_openai",
    "estimate_prompt_tokens",
    "exact_as_tool",
    "is_web_search",
    "messages_of",
    "pair_calls",
    "place_of",
    "read_arguments",
    "read_content",
    "read_json",
    "rerank_address",
    "rerank_service",
    "schema_format",
    "schema_problem",
    "tool_from_openai",
    "tool_to_openai",
    "tools_from_openai",
    "usage_to_openai",
    "usual_batch_size",
    "vector_namespace",
    "vector_service",
    "web_search_from_openai",
]
