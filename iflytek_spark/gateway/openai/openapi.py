"""The OpenAPI description of routes that read their own body."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, TypeAdapter

from iflytek_spark.gateway.openai.errors import OWN_STATUSES, STATUSES
from iflytek_spark.gateway.openai.responses import ANSWERS, ChatCompletionChunk, Error

_PLACE = "#/components/schemas/{model}"
_RETRY_AFTER = {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 0}}
_HEADERS = {429: {"retry-after": _RETRY_AFTER}, 503: {"retry-after": _RETRY_AFTER}}

_SPARK_HEADERS = {
    "spark_app_id": "X_APP_ID",
    "spark_key": "X_API_KEY",
    "spark_secret": "X_API_SECRET",
}
_SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key of the gateway's own"},
    **{
        name: {
            "type": "apiKey",
            "in": "header",
            "name": header,
            "description": "The caller's own Spark credentials, in place of the gateway's",
        }
        for name, header in _SPARK_HEADERS.items()
    },
}


def described(
    answer: type, body: type[BaseModel] | None = None, *, streams: bool = False
) -> dict[str, Any]:
    """Return what a route's decorator needs to describe its body, its answer and its failures.

    Args:
        answer: the type of the answer.
        body: the model of the JSON body, or None for a route without one.
        streams: whether the answer may be server-sent events.
    """
    statuses = OWN_STATUSES if body is None else STATUSES
    responses: dict[int, Any] = {status: _failure(status) for status in statuses}
    content = {"application/json": {"schema": _schema(answer)}}
    if streams:
        content["text/event-stream"] = {"itemSchema": _event()}
    responses[200] = {"description": "The answer", "content": content}
    if body is None:
        return {"responses": responses}
    wanted = {"required": True, "content": {"application/json": {"schema": _schema(body)}}}
    return {"responses": responses, "openapi_extra": {"requestBody": wanted}}


def suggested(names: Iterable[str]) -> dict[str, Any]:
    """Return a schema of these names, and of others that the gateway may know."""
    return {"anyOf": [{"enum": [*names]}, {"type": "string"}]}


def describe(app: FastAPI, bodies: Iterable[type[BaseModel]], *, with_keys: bool) -> None:
    """Complete an app's description.

    Args:
        app: the app, with all its routes.
        bodies: the models of the bodies.
        with_keys: whether callers need a key of the gateway's own.
    """
    schema = app.openapi()
    answers: list[Any] = [(kind, "serialization", TypeAdapter(kind)) for kind in ANSWERS]
    asked: list[Any] = [(kind, "validation", TypeAdapter(kind)) for kind in bodies]
    _, definitions = TypeAdapter.json_schemas([*answers, *asked], ref_template=_PLACE)
    schema["components"] = {"schemas": definitions["$defs"], "securitySchemes": _SCHEMES}
    key: dict[str, list[str]] = {"bearer": []} if with_keys else {}
    schema["security"] = [key, key | {name: [] for name in _SPARK_HEADERS}]
    for route in schema["paths"].values():
        for operation in route.values():
            operation["responses"].pop("422", None)  # FastAPI's own, which checks nothing here


def _failure(status: int) -> dict[str, Any]:
    content = {"application/json": {"schema": _schema(Error)}}
    told = {"description": HTTPStatus(status).phrase, "content": content}
    return told | ({"headers": _HEADERS[status]} if status in _HEADERS else {})


def _event() -> dict[str, Any]:
    """Describe an event of a stream: a chunk, an error that ends it, or its proper end."""
    words = [
        {"contentMediaType": "application/json", "contentSchema": _schema(kind)}
        for kind in (ChatCompletionChunk, Error)
    ]
    data = {"type": "string", "anyOf": [*words, {"const": "[DONE]"}]}
    return {"type": "object", "required": ["data"], "properties": {"data": data}}


def _schema(kind: type) -> dict[str, Any]:
    return {"$ref": _PLACE.format(model=kind.__name__)}
