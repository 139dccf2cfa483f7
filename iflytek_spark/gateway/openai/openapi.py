"""The OpenAPI description: responses through FastAPI; the rest is what FastAPI does not see.

Routes read their own body (:mod:`.parsing`), in one step from bytes to model. FastAPI's own way
would parse twice, take a body for JSON by its content type alone, and answer 500 to deep nesting.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from iflytek_spark.gateway.anthropic.middleware import is_anthropics
from iflytek_spark.gateway.openai.errors import OWN_STATUSES, STATUSES
from iflytek_spark.gateway.openai.responses import Error

_REFERENCE = "#/components/schemas/{model}"
_RETRY_AFTER = {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 0}}
_IGNORED = {
    "description": "Fields of the request that were left out or brought into range, if any",
    "schema": {"type": "string"},
}
_CREDENTIALS = {
    "spark_app_id": "X_APP_ID",
    "spark_key": "X_API_KEY",
    "spark_secret": "X_API_SECRET",
}
_OWN_KEY = {"description": "A key of the gateway's own"}
_SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", **_OWN_KEY},
    "x_api_key": {"type": "apiKey", "in": "header", "name": "x-api-key", **_OWN_KEY},
    **{
        name: {
            "type": "apiKey",
            "in": "header",
            "name": header,
            "description": "The caller's own Spark credentials, in place of the gateway's",
        }
        for name, header in _CREDENTIALS.items()
    },
}


class RouteDocumentation(TypedDict, total=False):
    """Arguments of a route's decorator."""

    responses: dict[int | str, dict[str, Any]]
    openapi_extra: dict[str, Any]


def documented(
    response: type,
    body: type[BaseModel] | None = None,
    *,
    events: Sequence[type] = (),
    done: bool = False,
    error: type = Error,
    form: Mapping[str, Any] | None = None,
) -> RouteDocumentation:
    """Return what a route's decorator needs to describe its body, its response and its failures.

    Args:
        response: the type of the response.
        body: the model of the JSON body, or None for a route without one.
        events: the types of the events that may come in place of one response.
        done: whether ``[DONE]`` is the last of them.
        error: the type of a failure.
        form: the schemas of the fields of a form, all needed, in place of a JSON body.
    """
    statuses = OWN_STATUSES if body is None and form is None else STATUSES
    responses: dict[int | str, dict[str, Any]] = {
        status: _failure(status, error) for status in statuses
    }
    responses[200] = {"model": response, "description": "The response"}
    if events:
        described = _event(events, done=done)
        responses[200]["content"] = {"text/event-stream": {"itemSchema": described}}
    content: dict[str, Any] = {}
    if form is not None:
        fields = {"type": "object", "required": [*form], "properties": dict(form)}
        content = {"multipart/form-data": {"schema": fields}}
    if body is not None:
        responses[200]["headers"] = {"x-spark-ignored": _IGNORED}
        content = {"application/json": {"schema": _reference(body)}}
    if not content:
        return {"responses": responses}
    return {
        "responses": responses,
        "openapi_extra": {"requestBody": {"required": True, "content": content}},
    }


def suggested(names: Iterable[str]) -> dict[str, Any]:
    """Return a schema of these names, and of others that the gateway may know."""
    return {"anyOf": [{"enum": [*names]}, {"type": "string"}]}


class DescribedApp(FastAPI):
    """An app that describes itself when it is first asked to, since that takes half a second."""

    def __init__(
        self,
        bodies: Iterable[type[BaseModel]],
        sent: Iterable[type],
        *,
        with_keys: bool,
        **settings: Any,
    ) -> None:
        """Set up an app without routes.

        Args:
            bodies: the models of the bodies.
            sent: the types of what is sent and is no route's one response: events, failures.
            with_keys: whether callers need a key of the gateway's own.
            settings: FastAPI's.
        """
        super().__init__(openapi_url=None, **settings)  # its own route holds up the event loop
        self._bodies, self._sent, self._with_keys = bodies, sent, with_keys
        self._describing = threading.Lock()
        self._described: dict[str, Any] | None = None
        self.add_route("/openapi.json", self._send_openapi, include_in_schema=False)

    def openapi(self) -> dict[str, Any]:
        """Return the description, which is made once; from any thread."""
        with self._describing:
            if self._described is None:
                self._described = self._complete(super().openapi())
            return self._described

    async def _send_openapi(self, request: Request) -> Response:
        description = await run_in_threadpool(self.openapi)
        root = request.scope.get("root_path", "").rstrip("/")
        return JSONResponse(description | ({"servers": [{"url": root}]} if root else {}))

    def _complete(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Add what FastAPI does not see."""
        unseen: list[Any] = [(body, "validation", TypeAdapter(body)) for body in self._bodies]
        unseen += [(model, "serialization", TypeAdapter(model)) for model in self._sent]
        _, definitions = TypeAdapter.json_schemas(unseen, ref_template=_REFERENCE)
        schemas = schema["components"]["schemas"]
        schemas |= definitions["$defs"]
        for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's, which checks nothing
            del schemas[name]
        for route in schema["paths"].values():
            for operation in route.values():
                operation["responses"].pop("422", None)
        schema["components"]["securitySchemes"] = _SCHEMES
        key: dict[str, list[str]] = {"bearer": []} if self._with_keys else {}
        schema["security"] = [key, key | {name: [] for name in _CREDENTIALS}]
        if self._with_keys:
            _add_anthropics_key(schema["paths"])
        return schema


def _add_anthropics_key(paths: dict[str, Any]) -> None:
    """Say that their clients' header is taken, where it is no key of Spark's."""
    for path, route in paths.items():
        if is_anthropics(path):
            for operation in route.values():
                operation["security"] = [{"bearer": []}, {"x_api_key": []}]


def _failure(status: int, error: type) -> dict[str, Any]:
    headers = {"headers": {"retry-after": _RETRY_AFTER}} if status in (429, 503) else {}
    return {"content": {"application/json": {"schema": _reference(error)}}} | headers


def _event(events: Iterable[type], *, done: bool) -> dict[str, Any]:
    """Describe an event of a stream."""
    texts: list[dict[str, Any]] = [
        {"contentMediaType": "application/json", "contentSchema": _reference(data)}
        for data in events
    ]
    texts += [{"const": "[DONE]"}] if done else []
    data = {"type": "string", "anyOf": texts}
    return {"type": "object", "required": ["data"], "properties": {"data": data}}


def _reference(model: type) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=model.__name__)}
