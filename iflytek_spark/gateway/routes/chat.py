"""``POST /v1/chat/completions``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from functools import partial

from fastapi import APIRouter, Request
from pydantic_core import to_json
from starlette.responses import Response

from iflytek_spark import ChatOptions, ChatResponse, Message, Usage, estimate_tokens
from iflytek_spark.adapters import answering_model, estimate_prompt_tokens
from iflytek_spark.gateway.middleware.disconnect import cancel_on_disconnect
from iflytek_spark.gateway.middleware.request_log_record import RequestLogRecord, record_of
from iflytek_spark.gateway.openai.convert import to_completion, to_messages, to_options
from iflytek_spark.gateway.openai.ignored import field_names, shown
from iflytek_spark.gateway.openai.model_names import legacy_fields
from iflytek_spark.gateway.openai.openapi import documented
from iflytek_spark.gateway.openai.requests import ChatCompletionRequest, ChatParameters
from iflytek_spark.gateway.openai.responses import ChatCompletion, ChatCompletionChunk, Error
from iflytek_spark.gateway.openai.sse import ChunkWriter
from iflytek_spark.gateway.openai.structured import ChatSource, JSONCheck, checked_chat
from iflytek_spark.gateway.request_body import read_request
from iflytek_spark.gateway.routes.streaming import EventSource, StreamedResponse, events_of
from iflytek_spark.gateway.state import GatewayState, State
from iflytek_spark.gateway.upstream import UpstreamClient

router = APIRouter()


class ChatCall:
    """One request, translated for the core.

    Attributes:
        spec: the model that answers.
        messages: the conversation.
    """

    def __init__(
        self,
        body: ChatParameters,
        messages: Callable[[], list[Message]],
        client: UpstreamClient,
        state: GatewayState,
        record: RequestLogRecord,
    ) -> None:
        """Translate a request that a client with its credentials will send.

        Its record learns what is left out before the response begins.

        Args:
            body: what it sets.
            messages: translates its conversation.
            client: sends it.
            state: the gateway's.
            record: the request's.

        Raises:
            SparkError: for a request that Spark would refuse.
        """
        self._client = client
        self._body = body
        self._record = record
        self.messages = messages()
        named = state.model_names.chat_model(body.model, body.version)
        options = to_options(body, named)
        image_model = state.settings.image_model
        self.spec = answering_model(named, self.messages, image_model)
        record.streamed = bool(body.stream)
        record.use_model(self.spec.name)
        self._model = named
        unsupported = state.settings.unsupported
        self._options: ChatOptions = {
            **options,
            "image_model": image_model,
            "unsupported": unsupported,
        }
        wanted = options["response_format"]
        self._begun = asyncio.Event()
        self._check = JSONCheck(wanted) if wanted and wanted["type"] != "text" else None
        self._stream = self._ask(self.messages)
        self._record_ignored(self._stream.ignored)
        record.estimate = self._estimate

    async def response(self) -> ChatResponse:
        """Return the whole response; JSON that was asked for is validated."""
        if self._check is None:
            async with aclosing(self._stream):
                return await self._stream.response()
        return await checked_chat(
            self._stream, self.messages, self._ask, self._check, self._begun.set
        )

    def events(self) -> EventSource:
        """Return the response as it comes; JSON that was asked for comes when it is validated."""
        return self._stream if self._check is None else events_of(self.response, self._begun)

    def _estimate(self) -> Usage:
        """Estimate what was asked and what has come, for a response without Spark's own count."""
        prompt = estimate_prompt_tokens(self.messages, self._options.get("tools") or ())
        completion = estimate_tokens(self._stream.received)
        return Usage(prompt, completion, prompt + completion)

    def _ask(self, messages: Sequence[Message]) -> ChatSource:
        stream = self._client.stream(messages, model=self._model, **self._options)
        self._record.sid_so_far = lambda: stream.sid
        return stream

    def _record_ignored(self, options: tuple[str, ...]) -> None:
        names = field_names(options, self._body)
        routes = (self._record.fields.get(name, name) for name in names)
        self._record.ignored = shown((*self._record.ignored, *routes))


@router.post(
    "/v1/chat/completions",
    **documented(
        ChatCompletion, ChatCompletionRequest, events=(ChatCompletionChunk, Error), done=True
    ),
)
async def create_chat_completion(request: Request, state: State) -> Response:
    """Answer a conversation, whole or as server-sent events."""
    record, sent = (
        record_of(request.scope),
        await read_request(request, state, ChatCompletionRequest),
    )
    body, client = sent.body, state.upstream.client(request.headers)
    messages = partial(to_messages, body.messages)
    call = await sent.work(ChatCall, body, messages, client, state, record)
    if body.stream:
        usage = body.stream_options is not None and bool(body.stream_options.include_usage)
        writer = ChunkWriter(body.model, include_usage=usage)
        return StreamedResponse(call.events(), writer, state.settings.total_timeout)
    response = await cancel_on_disconnect(request.receive, call.response())
    record.usage, record.sid = response.usage, response.sid
    completion: ChatCompletion = {
        **to_completion(body.model, response),
        **legacy_fields(body.model, call.spec),
    }
    return Response(to_json(completion), media_type="application/json")
