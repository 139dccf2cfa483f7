"""Which of a model's rows a call takes: over the WebSocket, or over HTTP."""

from __future__ import annotations

from typing import Literal, TypeAlias

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.models.spec import ModelSpec

WireChoice: TypeAlias = Literal["auto", "websocket", "http"]
"""Over which wire calls go: ``auto`` is the WebSocket where the model has it, and HTTP for models
without one and for calls with tools on models that have tools over HTTP only."""

WIRES: tuple[WireChoice, ...] = ("auto", "websocket", "http")


def route(spec: ModelSpec, wire: WireChoice, *, tools: bool) -> ModelSpec:
    """Choose a row.

    Args:
        spec: the model.
        wire: the user's choice.
        tools: whether the call offers tools, or its conversation has any.

    Returns:
        The model as it is reached that way.

    Raises:
        InvalidRequestError: when the model is not reached that way.
    """
    rows = (spec, *spec.over)
    if wire != "auto":
        found = next((row for row in rows if row.wire == wire), None)
        if found is None:
            raise InvalidRequestError(
                f"model {spec.name!r} is not reached over {wire!r}",
                hint=f"it is over {spec.wire!r}; leave wire out, or take another model",
                param="wire",
            )
        return found
    if tools and not spec.tools:
        return next((row for row in rows if row.tools), spec)
    return spec


def may_use_http(spec: ModelSpec, wire: WireChoice) -> bool:
    """Tell whether any call of a model goes over HTTP."""
    if wire != "auto":
        return wire == "http"
    return "http" in {route(spec, wire, tools=tools).wire for tools in (False, True)}


def reached_over(spec: ModelSpec, wire: WireChoice) -> bool:
    """Tell whether a model is reached over a wire."""
    return wire in {row.wire for row in (spec, *spec.over)}
