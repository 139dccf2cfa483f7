"""``POST /v1/chat/completions``."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic_core import to_json
from starlette.responses import Response

from iflytek_spark.adapters import answering_model
from iflytek_spark.client import AsyncSparkClient
from iflytek_spark.gateway.answers import AnswerHead, ChunkWriter, whole_answer
from iflytek_spark.gateway.convert import to_messages, to_options
from iflytek_spark.gateway.describe import described
from iflytek_spark.gateway.described_answers import ChatCompletion
from iflytek_spark.gateway.leaving import unless_left
from iflytek_spark.gateway.naming import chosen_model, older_fields
from iflytek_spark.gateway.parsing import parse_body
from iflytek_spark.gateway.record import record_of
from iflytek_spark.gateway.requests import ChatCompletionRequest
from iflytek_spark.gateway.services import GatewayServices, services_of
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.gateway.streaming import EventSource, StreamedAnswer, events_of
from iflytek_spark.gateway.structured import JSONCheck, checked_chat
from iflytek_spark.messages import ChatResponse, Message
from iflytek_spark.options import ChatOptions
from iflytek_spark.protocol.events import Event

router = APIRouter()


class Question:
    """One request, ready to be asked.

    Attributes:
        spec: the model that answers.
    """

    def __init__(
        self, body: ChatCompletionRequest, client: AsyncSparkClient, settings: GatewaySettings
    ) -> None:
        """Translate a request.

        Args:
            body: the request.
            client: whom to ask.
            settings: the gateway's.

        Raises:
            SparkError: for a request that Spark would refuse.
        """
        self._client = client
        self._messages: list[Message] = to_messages(body.messages)
        chosen = chosen_model(body.model, body.version, settings.models)
        options = to_options(body, chosen)
        self.spec = answering_model(chosen, self._messages, settings.image_model)
        self._options: ChatOptions = {**options, "image_model": settings.image_model}
        self._model = chosen
        wanted = options["response_format"]
        self._check = JSONCheck(wanted) if wanted and wanted["type"] != "text" else None

    async def answer(self) -> ChatResponse:
        """Return the whole answer; JSON that was asked for is validated."""
        if self._check is not None:
            return await checked_chat(
                self._client, self._model, self._messages, self._options, self._check
            )
        return await self._client.chat(self._messages, model=self._model, **self._options)

    def events(self) -> EventSource:
        """Return the answer as it comes; JSON that was asked for comes when it is validated."""
        if self._check is None:
            return self._client.stream(self._messages, model=self._model, **self._options)
        return _checked_events(self)


async def _checked_events(question: Question) -> AsyncGenerator[Event, None]:
    async for event in events_of(await question.answer()):
        yield event


@router.post(
    "/v1/chat/completions", **described(ChatCompletion, ChatCompletionRequest, streams=True)
)
async def create_chat_completion(
    request: Request, services: Annotated[GatewayServices, Depends(services_of)]
) -> Response:
    """Answer a conversation, whole or as server-sent events."""
    body = parse_body(ChatCompletionRequest, await request.body())
    client = services.upstream.client(request.headers)
    question = Question(body, client, services.settings)
    record = record_of(request.scope)
    record.model, record.streamed = question.spec.name, bool(body.stream)
    head = AnswerHead(body.model)
    if body.stream:
        usage = body.stream_options is not None and bool(body.stream_options.include_usage)
        return StreamedAnswer(question.events(), ChunkWriter(head, include_usage=usage))
    response = await unless_left(request.receive, question.answer())
    record.usage, record.sid = response.usage, response.sid
    answer = whole_answer(head, response) | older_fields(body.model, question.spec)
    return Response(to_json(answer), media_type="application/json")
