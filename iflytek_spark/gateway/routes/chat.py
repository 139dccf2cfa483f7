"""``POST /v1/chat/completions``."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request
from pydantic_core import to_json
from starlette.responses import Response

from iflytek_spark.adapting import route_images
from iflytek_spark.catalogue import resolve
from iflytek_spark.client import AsyncSparkClient
from iflytek_spark.gateway.middleware.disconnect import unless_left
from iflytek_spark.gateway.middleware.request_log_record import record_of
from iflytek_spark.gateway.openai.convert import to_messages, to_options
from iflytek_spark.gateway.openai.model_names import chosen_model, older_fields
from iflytek_spark.gateway.openai.openapi import described
from iflytek_spark.gateway.openai.parsing import parse_body
from iflytek_spark.gateway.openai.requests import ChatCompletionRequest
from iflytek_spark.gateway.openai.responses import ChatCompletion
from iflytek_spark.gateway.openai.sse import AnswerHead, ChunkWriter, whole_answer
from iflytek_spark.gateway.openai.structured import JSONCheck, checked_chat
from iflytek_spark.gateway.routes.streaming import EventSource, StreamedAnswer, events_of
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.gateway.state import GatewayServices, services_of
from iflytek_spark.messages import ChatResponse, Message
from iflytek_spark.model_spec import ModelSpec
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
        routed: dict[str, Any] = {"model": chosen}
        route_images(routed, settings.image_model, self._messages)
        self.spec: ModelSpec = resolve(routed.pop("model"))
        self._options = cast("ChatOptions", {**options, **routed})
        wanted = options["response_format"]
        self._check = JSONCheck(wanted) if wanted and wanted["type"] != "text" else None

    async def answer(self) -> ChatResponse:
        """Return the whole answer; JSON that was asked for is validated."""
        if self._check is not None:
            return await checked_chat(
                self._client, self.spec, self._messages, self._options, self._check
            )
        return await self._client.chat(self._messages, model=self.spec, **self._options)

    def events(self) -> EventSource:
        """Return the answer as it comes; JSON that was asked for comes when it is validated."""
        if self._check is None:
            return self._client.stream(self._messages, model=self.spec, **self._options)
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
