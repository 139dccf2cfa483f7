"""The events of a streamed response: OpenAI's, in their order, numbered, true to their types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import httpx2
import openai
import pytest
from openai.types import responses as official
from openai.types.responses import response_create_params
from openai.types.responses.response_output_text import AnnotationURLCitation
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails
from pydantic import BaseModel, TypeAdapter

from iflytek_spark.emulator import faults
from iflytek_spark.gateway.responses import event_types, response_types
from iflytek_spark.gateway.responses.requests import ResponsesRequest
from tests.gateway.gateway_helpers import Gateway
from tests.gateway.responses.conftest import MODEL

EVENT: TypeAdapter[Any] = TypeAdapter(get_args(official.ResponseStreamEvent)[0])
WEATHER = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}}


def read(gateway: Gateway, **body: Any) -> list[tuple[str, dict[str, Any]]]:
    """The names and data of a stream's events."""
    body = {"model": MODEL, "input": "讲一讲潮汐", "stream": True, **body}
    answer = httpx2.post(f"{gateway.url}/responses", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    return list(parsed(answer.text))


def parsed(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    *events, rest = text.split("\n\n")
    assert rest == ""
    for event in events:
        name, data = event.split("\n")
        yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def shape(events: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """The names without their prefix, of many deltas one."""
    names = [name.removeprefix("response.") for name, _ in events]
    return [name for at, name in enumerate(names) if at == 0 or name != names[at - 1]]


MESSAGE = [
    "output_item.added",
    "content_part.added",
    "output_text.delta",
    "output_text.done",
    "content_part.done",
    "output_item.done",
]
REASONING = [
    "output_item.added",
    "reasoning_summary_part.added",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.done",
    "reasoning_summary_part.done",
    "output_item.done",
]
CALL = [
    "output_item.added",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "output_item.done",
]
CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, MESSAGE),
    ({"model": "x1.5"}, [*REASONING, *MESSAGE]),
    ({"input": "What is the weather in Hefei?", "tools": [WEATHER]}, CALL),
]


@pytest.mark.parametrize(("body", "items"), CASES)
def test_events_come_in_openais_order(
    gateway: Gateway, body: dict[str, Any], items: list[str]
) -> None:
    events = read(gateway, **body)
    assert shape(events) == ["created", "in_progress", *items, "completed"]
    assert [data["sequence_number"] for _, data in events] == list(range(len(events)))
    assert all(data["type"] == name for name, data in events)
    for _, data in events:
        EVENT.validate_python(data)
    ids = {data["item_id"] for _, data in events if "item_id" in data}
    output = events[-1][1]["response"]["output"]
    assert [item["id"] for item in output if item["id"] in ids] == [item["id"] for item in output]
    assert [data["item"] for name, data in events if name.endswith("item.done")] == output


@pytest.mark.parametrize("fault", [faults.Cut(after=3), faults.ErrorFrame(10010, after=3)])
def test_a_response_that_is_cut_is_never_told_as_complete(
    gateway: Gateway, client: openai.OpenAI, fault: faults.Fault
) -> None:
    gateway.spark.script(fault)
    events = read(gateway)
    assert [name for name, _ in events][-2:] == ["response.failed", "error"]
    failed, error = events[-2][1]["response"], events[-1][1]
    assert (failed["status"], failed["completed_at"]) == ("failed", None)
    assert failed["error"]["message"] == error["message"] == error["error"]["message"]
    assert failed.get("sid") == error["error"]["sid"]
    assert failed.get("sid") or isinstance(fault, faults.Cut)
    gateway.spark.script(fault)
    with pytest.raises(openai.APIError, match=failed["error"]["message"][:12]):
        list(client.responses.create(model=MODEL, input="x", stream=True))


def test_what_fails_before_the_first_event_has_a_status(
    gateway: Gateway, client: openai.OpenAI
) -> None:
    gateway.spark.script(faults.ErrorFrame(10907))
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=MODEL, input="x", stream=True)
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "input")


PAIRS: list[tuple[type, type[BaseModel]]] = [
    (response_types.ResponseObject, official.Response),
    (response_types.OutputMessage, official.ResponseOutputMessage),
    (response_types.OutputText, official.ResponseOutputText),
    (response_types.OutputAnnotation, AnnotationURLCitation),
    (response_types.OutputReasoning, official.ResponseReasoningItem),
    (response_types.OutputFunctionCall, official.ResponseFunctionToolCall),
    (response_types.ResponseUsage, official.ResponseUsage),
    (response_types.InputTokensDetails, InputTokensDetails),
    (response_types.OutputTokensDetails, OutputTokensDetails),
    (response_types.ResponseFailure, official.ResponseError),
    (event_types.TextDeltaEvent, official.ResponseTextDeltaEvent),
    (event_types.TextDoneEvent, official.ResponseTextDoneEvent),
    (event_types.ContentPartEvent, official.ResponseContentPartAddedEvent),
    (event_types.ItemEvent, official.ResponseOutputItemDoneEvent),
    (event_types.AnnotationEvent, official.ResponseOutputTextAnnotationAddedEvent),
    (event_types.SummaryPartEvent, official.ResponseReasoningSummaryPartAddedEvent),
    (event_types.SummaryDeltaEvent, official.ResponseReasoningSummaryTextDeltaEvent),
    (event_types.SummaryDoneEvent, official.ResponseReasoningSummaryTextDoneEvent),
    (event_types.ArgumentsDeltaEvent, official.ResponseFunctionCallArgumentsDeltaEvent),
    (event_types.ArgumentsDoneEvent, official.ResponseFunctionCallArgumentsDoneEvent),
    (event_types.ResponseEvent, official.ResponseCompletedEvent),
    (event_types.ErrorEvent, official.ResponseErrorEvent),
]


@pytest.mark.parametrize(("own", "theirs"), PAIRS, ids=lambda one: one.__name__)
def test_types_have_the_fields_of_openais(own: type, theirs: type[BaseModel]) -> None:
    names = set(get_type_hints(own))
    required = {name for name, field in theirs.model_fields.items() if field.is_required()}
    more = {"sid", "store"} if own is response_types.ResponseObject else set()
    more |= {"error"} if own is event_types.ErrorEvent else set()
    assert required <= names
    assert names <= {*theirs.model_fields, *more}


def test_a_request_has_the_fields_of_openais() -> None:
    theirs = set(get_type_hints(response_create_params.ResponseCreateParamsBase)) | {"stream"}
    assert set(ResponsesRequest.model_fields) == theirs
