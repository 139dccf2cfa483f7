"""``POST /v1/messages`` and ``POST /v1/messages/count_tokens``, in Anthropic's form."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from pydantic_core import to_json
from starlette.responses import Response

from iflytek_spark import Message, Tool, Usage, estimate_tokens
from iflytek_spark.adapters import estimate_prompt_tokens, tools_from_openai
from iflytek_spark.gateway.anthropic.convert import (
    FIELDS,
    split_tools,
    to_messages,
    to_parameters,
    unused,
)
from iflytek_spark.gateway.anthropic.requests import CountTokensRequest, MessagesRequest
from iflytek_spark.gateway.anthropic.response import to_message
from iflytek_spark.gateway.anthropic.response_types import (
    EVENTS,
    MessageObject,
    MessagesError,
    TokensCount,
)
from iflytek_spark.gateway.anthropic.writer import MessageWriter
from iflytek_spark.gateway.middleware.disconnect import cancel_on_disconnect
from iflytek_spark.gateway.middleware.request_log_record import record_of
from iflytek_spark.gateway.openai.ignored import shown
from iflytek_spark.gateway.openai.openapi import documented
from iflytek_spark.gateway.request_body import read_request
from iflytek_spark.gateway.routes.chat import ChatCall
from iflytek_spark.gateway.routes.streaming import StreamedResponse
from iflytek_spark.gateway.state import State

router = APIRouter()

ROUTE = "/v1/messages"


@router.post(
    ROUTE, **documented(MessageObject, MessagesRequest, events=EVENTS, error=MessagesError)
)
async def create_message(request: Request, state: State) -> Response:
    """Answer a conversation in Anthropic's form, whole or as server-sent events."""
    record = record_of(request.scope)
    record.fields = FIELDS
    sent = await read_request(request, state, MessagesRequest)
    body = sent.body
    record.ignored = shown((*record.ignored, *unused(body)))
    client = state.upstream.client(request.headers)
    parameters, messages = to_parameters(body), partial(to_messages, body)
    call = await sent.work(ChatCall, parameters, messages, client, state, record)
    prompt_tokens = await sent.work(_prompt_tokens, body, call.messages)
    estimate = partial(_estimate, prompt_tokens)
    if body.stream:
        writer = MessageWriter(body.model, estimate)
        return StreamedResponse(call.events(), writer, state.settings.total_timeout)
    response = await cancel_on_disconnect(request.receive, call.response())
    record.usage, record.sid = response.usage, response.sid
    message = to_message(body.model, response, estimate)
    return Response(to_json(message), media_type="application/json")


@router.post(
    ROUTE + "/count_tokens", **documented(TokensCount, CountTokensRequest, error=MessagesError)
)
async def count_tokens(request: Request, state: State) -> Response:
    """Estimate the tokens of a conversation; Spark is not asked."""
    record, sent = record_of(request.scope), await read_request(request, state, CountTokensRequest)
    body = sent.body
    record.use_model(state.model_names.chat_model(body.model).name)
    messages = await sent.work(to_messages, body)
    tokens = await sent.work(_prompt_tokens, body, messages)
    count: TokensCount = {"input_tokens": tokens, "estimated": True}
    return Response(to_json(count), media_type="application/json")


def _prompt_tokens(body: CountTokensRequest, messages: list[Message]) -> int:
    _, functions = split_tools(body.tools or [])
    tools: list[Tool] = tools_from_openai(functions)
    return estimate_prompt_tokens(messages, tools)


def _estimate(prompt_tokens: int, text: str) -> Usage:
    completion_tokens = estimate_tokens(text)
    return Usage(prompt_tokens, completion_tokens, prompt_tokens + completion_tokens)
