"""``POST /v1/responses``, and what is kept of them."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from pydantic_core import to_json
from starlette.responses import Response

from iflytek_spark.gateway.middleware.disconnect import cancel_on_disconnect
from iflytek_spark.gateway.middleware.request_log_record import record_of
from iflytek_spark.gateway.openai.errors import ERROR_FORM, error_body
from iflytek_spark.gateway.openai.ignored import shown
from iflytek_spark.gateway.openai.openapi import documented
from iflytek_spark.gateway.request_body import read_request
from iflytek_spark.gateway.responses.convert import FIELDS, to_messages, to_parameters
from iflytek_spark.gateway.responses.event_types import EVENTS
from iflytek_spark.gateway.responses.history import owner_of
from iflytek_spark.gateway.responses.requests import ResponsesRequest
from iflytek_spark.gateway.responses.response import Ids, begun, to_response
from iflytek_spark.gateway.responses.response_types import DeletedResponse, ResponseObject
from iflytek_spark.gateway.responses.writer import ResponseWriter
from iflytek_spark.gateway.routes.chat import ChatCall
from iflytek_spark.gateway.routes.streaming import StreamedResponse
from iflytek_spark.gateway.state import GatewayState, State
from iflytek_spark.gateway.work import in_thread

router = APIRouter()

ROUTE = "/v1/responses"


@router.post(ROUTE, **documented(ResponseObject, ResponsesRequest, events=EVENTS))
async def create_response(request: Request, state: State) -> Response:
    """Answer a conversation in the form of OpenAI's Responses, whole or as server-sent events."""
    record = record_of(request.scope)
    record.fields, request.scope[ERROR_FORM] = FIELDS, partial(error_body, fields=FIELDS)
    sent = await read_request(request, state, ResponsesRequest)
    body = sent.body
    record.ignored = shown((*record.ignored, *_unused(body, state)))
    owner = _owner(request)
    items = await state.history.conversation(owner, body.previous_response_id, body.input)
    messages = partial(to_messages, body.instructions, items)
    client = state.upstream.client(request.headers)
    parameters = to_parameters(body)
    arguments = (parameters, messages, client, state, record)
    long = body.previous_response_id is not None
    call = await (in_thread(ChatCall, *arguments) if long else sent.work(ChatCall, *arguments))
    stored, ids = state.history.keeps and body.store is not False, Ids()
    begin = begun(body, ids.response, stored=stored)
    if body.stream:
        writer = ResponseWriter(begin, ids)

        async def keep() -> None:
            if stored:
                await state.history.keep(owner, items, writer.response)

        return StreamedResponse(call.events(), writer, state.settings.total_timeout, keep)
    answer = await cancel_on_disconnect(request.receive, call.response())
    record.usage, record.sid = answer.usage, answer.sid
    response = to_response(begin, ids, answer)
    if stored:
        await state.history.keep(owner, items, response)
    return Response(to_json(response), media_type="application/json")


@router.get(ROUTE + "/{response_id}", **documented(ResponseObject))
async def retrieve_response(response_id: str, request: Request, state: State) -> Response:
    """Return a response of the caller's that is kept."""
    found = await state.history.response(_owner(request), response_id)
    return Response(to_json(found), media_type="application/json")


@router.delete(ROUTE + "/{response_id}", **documented(DeletedResponse))
async def delete_response(response_id: str, request: Request, state: State) -> Response:
    """Keep a response of the caller's no longer."""
    await state.history.delete(_owner(request), response_id)
    deleted: DeletedResponse = {"id": response_id, "object": "response", "deleted": True}
    return Response(to_json(deleted), media_type="application/json")


def _owner(request: Request) -> str:
    headers = request.headers
    app_id = headers.get("x_app_id") or headers.get("x-app-id")
    return owner_of(record_of(request.scope).caller, app_id)


def _unused(body: ResponsesRequest, state: GatewayState) -> list[str]:
    """Return the fields that say something, and go nowhere."""
    found = {
        "store": body.store is True and not state.history.keeps,
        "truncation": body.truncation == "auto",
        "include": bool(body.include),
    }
    return [name for name, unused in found.items() if unused]
