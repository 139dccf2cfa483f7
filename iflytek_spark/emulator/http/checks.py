"""What each dialect checks in a chat's request before it answers (PROTOCOL-HTTP.md §2, §3, §7)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iflytek_spark.emulator.checks import may
from iflytek_spark.emulator.http.options import HttpOptions
from iflytek_spark.emulator.rules.json_schema import is_schema
from iflytek_spark.models.spec import ModelSpec, Range
from iflytek_spark.protocol.wire.openai.service_values import HttpChatRequest
from iflytek_spark.protocol.wire.values import RequestRefusedError

INVALID_DATA = RequestRefusedError(10003, "", "invalid data")
"""A's word on a body that it does not understand."""

UNSEEING = "Invalid content type. image_url is only supported by certain models"
"""B's word on an image for a model of texts."""

_NAME = re.compile(r"\w{1,32}", re.ASCII)
_OPEN_ROLES = frozenset({"user", "assistant", "tool"})
_MAAS_ROLES = _OPEN_ROLES | {"system"}
_CHOICES = frozenset({"auto", "none", "required"})
_UNDOCUMENTED = ("stop", "seed", "logprobs", "top_logprobs")
_MOST_TOOLS = 128


def open_errors(
    request: HttpChatRequest, spec: ModelSpec, options: HttpOptions
) -> Iterator[RequestRefusedError]:
    """Yield what dialect A refuses in a request, the first thing first."""
    roles = _OPEN_ROLES | ({"system"} if may(spec, "system_role") else set())
    for turn in request.turns:
        if turn.role not in roles or (turn.parts and options.parts == "refuse"):
            yield INVALID_DATA
    if not any(turn.role == "user" for turn in request.turns):
        yield INVALID_DATA
    for name, value, _ in _out_of_range(request, spec):
        yield _invalid_parameter(name, value)
    if request.thinking not in (None, "enabled", "disabled", "auto"):
        yield _invalid_parameter("thinking", request.thinking)
    yield from _open_tool_errors(request, spec)


def _open_tool_errors(request: HttpChatRequest, spec: ModelSpec) -> Iterator[RequestRefusedError]:
    choice = request.tool_choice
    if choice is not None and choice.mode not in _CHOICES:
        yield _invalid_parameter("tool_choice", choice.mode)
    if request.tools and request.search and spec.reasoning:  # X1.5 takes one of them (§2)
        yield INVALID_DATA
    for tool in request.tools:
        if not _NAME.fullmatch(tool.name) or not is_schema(tool.parameters):
            yield _invalid_parameter("tools", tool.name)


def maas_errors(
    request: HttpChatRequest, spec: ModelSpec, options: HttpOptions
) -> Iterator[RequestRefusedError]:
    """Yield what dialect B refuses in a request, the first thing first."""
    refused = options.refused_fields | (
        frozenset(_UNDOCUMENTED) if options.undocumented == "refuse" else frozenset()
    )
    for name in sorted(request.fields & refused):
        yield bad_field(f"unknown field {name}")
    if request.choices != 1:
        yield bad_field("n must be 1")
    for turn in request.turns:
        if turn.role not in _MAAS_ROLES:
            yield bad_field(f"invalid role {turn.role}")
        if turn.images and _refuses_images(request, spec, options):
            yield RequestRefusedError(10012, "EngineInternalError", f"status code: 400, {UNSEEING}")
    if not any(turn.role == "user" for turn in request.turns):
        yield bad_field("messages hold no question")
    yield from _engine_errors(request, spec)
    yield from _tool_errors(request, spec, options)


def bad_field(text: str) -> RequestRefusedError:
    """Build B's refusal of a field."""
    return RequestRefusedError(10005, "", text)


def engine_schema(text: str) -> RequestRefusedError:
    """Build a refusal by the schema of B's engine, whose code stands nowhere in it (§7)."""
    return RequestRefusedError(10163, "RequestParamsError", text)


def _refuses_images(request: HttpChatRequest, spec: ModelSpec, options: HttpOptions) -> bool:
    blind = options.unseen | options.unanswered
    return not spec.images and options.images == "refuse" and request.model not in blind


def _engine_errors(request: HttpChatRequest, spec: ModelSpec) -> Iterator[RequestRefusedError]:
    for name, value, legal in _out_of_range(request, spec):
        side, bound = ("less", legal.high) if value > legal.high else ("greater", legal.low)
        yield engine_schema(
            f"'$.parameter.cbm.{name}' value must be {side} or equal than {bound:g}"
        )


def _tool_errors(
    request: HttpChatRequest, spec: ModelSpec, options: HttpOptions
) -> Iterator[RequestRefusedError]:
    if request.tools and not spec.tools:
        yield engine_schema("Invalid Params")
    if len(request.tools) > _MOST_TOOLS:
        yield bad_field(f"more than {_MOST_TOOLS} tools")
    choice = request.tool_choice
    if choice is None:
        return
    if choice.is_object and request.model not in options.object_choice:
        yield engine_schema("'$.parameter.cbm.tool_choice' type must be string")
    if choice.mode not in _CHOICES:
        yield bad_field(f"invalid tool_choice {choice.mode}")


def _out_of_range(request: HttpChatRequest, spec: ModelSpec) -> Iterator[tuple[str, float, Range]]:
    """Yield the numbers that a model does not take, each with the legal ones."""
    for name, value in request.numbers.items():
        row = "max_tokens" if name == "max_completion_tokens" else name
        legal: Range | None = getattr(spec, row)
        # The vendor's own sample for the X models sends temperature 0.
        tolerated = name == "temperature" and value == 0 and spec.reasoning
        if legal is not None and value not in legal and not tolerated:
            yield name, value, legal


def _invalid_parameter(name: str, value: object) -> RequestRefusedError:
    return RequestRefusedError(10005, "", f"invalid param {name}:{value}")
