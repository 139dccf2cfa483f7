"""``POST /v1/completions``, for programs that send a prompt in place of a conversation."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from pydantic_core import to_json
from starlette.responses import Response

from iflytek_spark import ChatResponse
from iflytek_spark.gateway.middleware.disconnect import cancel_on_disconnect
from iflytek_spark.gateway.middleware.request_log_record import RequestLogRecord, record_of
from iflytek_spark.gateway.openai.errors import ERROR_FORM, ErrorRow, GatewayError, error_body
from iflytek_spark.gateway.openai.openapi import documented
from iflytek_spark.gateway.openai.responses import Error
from iflytek_spark.gateway.request_body import read_request
from iflytek_spark.gateway.routes.chat import ChatCall
from iflytek_spark.gateway.routes.streaming import StreamedResponse
from iflytek_spark.gateway.state import State
from iflytek_spark.gateway.text_completions import (
    FIELDS,
    CompletionRequest,
    CompletionWriter,
    TextCompletion,
    to_completion,
    to_messages,
    to_parameters,
)

router = APIRouter()


@router.post(
    "/v1/completions",
    **documented(TextCompletion, CompletionRequest, events=(TextCompletion, Error), done=True),
)
async def create_completion(request: Request, state: State) -> Response:
    """Answer prompts, each by itself, or one as server-sent events."""
    record = record_of(request.scope)
    record.fields, request.scope[ERROR_FORM] = FIELDS, partial(error_body, fields=FIELDS)
    sent = await read_request(request, state, CompletionRequest)
    body = sent.body
    client, parameters = state.upstream.client(request.headers), to_parameters(body)
    prompts = [partial(to_messages, prompt) for prompt in body.prompts]
    if body.stream and len(prompts) > 1:
        message = f"prompt: {len(prompts)} prompts cannot be streamed: send one"
        raise GatewayError(ErrorRow.INVALID_VALUE, message, param="prompt")
    calls = [
        await sent.work(ChatCall, parameters, prompt, client, state, record) for prompt in prompts
    ]
    if body.stream:
        usage = body.stream_options is not None and bool(body.stream_options.include_usage)
        writer = CompletionWriter(body.model, include_usage=usage)
        return StreamedResponse(calls[0].events(), writer, state.settings.total_timeout)
    answers = await cancel_on_disconnect(request.receive, _each(calls, record))
    return Response(to_json(to_completion(body.model, answers)), media_type="application/json")


async def _each(calls: list[ChatCall], record: RequestLogRecord) -> list[ChatResponse]:
    """Ask one after the other: a request of many prompts has one place among others."""
    answers = [await call.response() for call in calls]
    record.usage, record.sid = answers[-1].usage, answers[-1].sid
    return answers
