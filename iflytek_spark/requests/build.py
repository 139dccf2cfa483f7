"""One request, checked once against its model before any socket opens."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from iflytek_spark.assumptions import CONTEXT_MARGIN, UNKNOWN_CONTEXT_TOKENS
from iflytek_spark.errors import ContextLengthError, InvalidRequestError
from iflytek_spark.messages import JSONObject, Message, Thinking, Tool, ToolCall, WebSearch
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.models.routes import WireChoice, route
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.requests import checks
from iflytek_spark.requests.fallbacks import AnswerRules, answer_rules, names_on_wire
from iflytek_spark.requests.in_words import shows_image
from iflytek_spark.requests.normalize import normalize_messages
from iflytek_spark.requests.options import OPTIONS, ChatOptions, CheckedOptions, checked_options
from iflytek_spark.requests.prompts import arguments_instruction, call_instruction
from iflytek_spark.requests.tokens import estimate_prompt_tokens
from iflytek_spark.requests.unsupported import Unsupported, log_ignored
from iflytek_spark.timeouts import Timeouts


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request that Spark should accept. Build it with :func:`build_request`.

    Attributes:
        spec: the model, as one dialect speaks to it.
        messages: the turns, in the order that the dialect takes.
        parameters: what is sent as it is, by its key on the wire.
        tools: the functions to offer, their schemas in the dialect's form.
        rules: what the answer has to be, and where that is told in words, the words.
        web_search: how to search the web, or None.
        thinking: whether the model thinks first, or None for its own default.
        uid: an id of the end user, or None.
        extra: further parameters, which win.
        timeouts: those of this call, or None for the client's.
        ignored: the names of options that were left out or brought into range.
    """

    spec: ModelSpec
    messages: tuple[Message, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    rules: AnswerRules = field(default_factory=AnswerRules)
    web_search: WebSearch | None = None
    thinking: Thinking | None = None
    uid: str | None = None
    extra: JSONObject = field(default_factory=dict)
    timeouts: Timeouts | None = None
    ignored: tuple[str, ...] = ()

    @property
    def max_tokens(self) -> int | None:
        """The longest answer that was asked for, in tokens."""
        return self.parameters.get("max_tokens")


def build_request(
    spec: ModelSpec, messages: str | Sequence[Message], options: ChatOptions
) -> ChatRequest:
    """Check a call against its model, and put right what can be.

    Args:
        spec: the model.
        messages: a prompt, or messages with the newest last.
        options: as in :class:`~iflytek_spark.requests.options.ChatOptions`.

    Returns:
        The request; its model is ``image_model`` where only that can look at an image.

    Raises:
        InvalidRequestError: for an option that the service would refuse; it names the option,
            its value and what is legal.
        ContextLengthError: when the messages are surely too long for the model.
    """
    asked = spec
    spec, options, unrouted = _routed(spec, messages, options)
    spec = _reached(spec, asked, messages, options)
    given, ignored = _checked_for(spec, options, asked)
    names = names_on_wire(given.get("tools", ()), messages, spec)
    arranged = normalize_messages(messages, spec, tools=bool(given.get("tools")), names=names)
    tools, rules = answer_rules(given, spec, names)
    _check_length(arranged, tools, spec)
    request = ChatRequest(
        spec,
        arranged,
        parameters={row.key: given[name] for name, row in _SENT.items() if name in given},
        tools=tools,
        rules=rules,
        web_search=given.get("web_search"),
        thinking=given.get("thinking"),
        uid=given.get("uid"),
        extra=given.get("extra", {}),
        timeouts=given.get("timeout"),
        ignored=(*unrouted, *ignored),
    )
    _check_writable(request)
    log_ignored(spec.name, request.ignored)
    return request


def check_tools(
    spec: ModelSpec,
    tools: Sequence[Tool],
    unsupported: Unsupported | None = None,
    wire: WireChoice | None = None,
) -> tuple[Tool, ...]:
    """Check tools against a model before there is a call.

    Args:
        spec: the model.
        tools: the tools to offer.
        unsupported: whether a model that cannot call tools refuses them, the default, or they
            are left out.
        wire: over which wire they will go, ``auto`` by default.

    Returns:
        The tools as they will be sent, under their own names.

    Raises:
        InvalidRequestError: when the model cannot call tools (it names those that can), or the
            tools' schemas are no objects or too large.
    """
    spec = route(spec, wire or "auto", tools=True)
    given = checked_options(spec, {"tools": tools, "unsupported": unsupported}).values
    return answer_rules(given, spec, {})[0]


def exact_as_tool(spec: ModelSpec, tool: Tool, wire: WireChoice | None = None) -> bool:
    """Tell whether a model can be offered a tool whose schema is said whole, without words.

    An answer of another schema is better asked for as JSON text, where the model reads all of it.

    Args:
        spec: the model that will answer.
        tool: the tool, with the answer's schema.
        wire: over which wire it will go, ``auto`` by default.
    """
    try:
        spec = route(spec, wire or "auto", tools=True)
        _, rules = answer_rules(checked_options(spec, {"tools": [tool]}).values, spec, {})
    except InvalidRequestError:
        return False
    return not rules.checked_tools


_SENT = {name: row for name, row in OPTIONS.items() if row.key}


def _routed(
    spec: ModelSpec, messages: str | Sequence[Message], options: ChatOptions
) -> tuple[ModelSpec, ChatOptions, list[str]]:
    """Send a call with an image to a model that can look at it.

    Web search and thinking are abilities of the text model and do not go along: those that were
    asked for are named.
    """
    chosen = answering_model(spec, messages, options.get("image_model"))
    if chosen == spec:
        return spec, options, []
    unrouted = [name for name in ("web_search", "thinking") if options.get(name)]
    return chosen, {**options, "web_search": False, "thinking": None}, unrouted


def _reached(
    spec: ModelSpec, asked: ModelSpec, messages: str | Sequence[Message], options: ChatOptions
) -> ModelSpec:
    """Choose the wire; a model that only looks at an image takes its own."""
    wire = checks.wire("wire", options.get("wire") or "auto", spec) if spec == asked else "auto"
    turns = messages if isinstance(messages, list | tuple) else ()
    used = any(
        isinstance(turn, Message) and (turn.role == "tool" or turn.tool_calls) for turn in turns
    )
    return route(spec, wire, tools=bool(used or options.get("tools")))


def _checked_for(spec: ModelSpec, options: ChatOptions, asked: ModelSpec) -> CheckedOptions:
    """Check the options; an error that comes of the routing of an image says so."""
    try:
        return checked_options(spec, options)
    except InvalidRequestError as error:
        if spec == asked or error.param != "tools":
            raise
        raise InvalidRequestError(
            f"a conversation with an image goes to image_model, here {spec.name!r}, which takes "
            f"no tools; {asked.name!r} has them and cannot look at images",
            hint="leave the tools out of this call, or describe the image in a call of its own; an "
            'object comes without tools too: method="json_schema", or response_format',
            param="tools",
        ) from error


def answering_model(
    model: str | ModelSpec, messages: str | Sequence[Message], image_model: str | ModelSpec | None
) -> ModelSpec:
    """Return the model that answers a conversation.

    Args:
        model: the model that is asked.
        messages: a prompt, or the conversation.
        image_model: what answers instead when there is an image that ``model`` cannot look at;
            None keeps the model, so that the call is refused.

    Raises:
        UnknownModelError: for a name that no model has.
    """
    spec = find_model(model)
    if spec.images or image_model is None or not isinstance(messages, list | tuple):
        return spec
    shown = any(isinstance(message, Message) and shows_image(message) for message in messages)
    return checks.model("image_model", image_model, spec) if shown else spec


def with_stronger_instruction(request: ChatRequest) -> ChatRequest:
    """Return the second try of a request whose tool call was not made."""
    words = call_instruction(request.tools, again=True)
    return replace(request, rules=replace(request.rules, instruction=words))


def with_refused_arguments(request: ChatRequest, call: ToolCall, problem: str) -> ChatRequest:
    """Return the second try of a request whose call had arguments that do not fit."""
    words = arguments_instruction(call.name, call.arguments, problem)
    words = "\n".join(filter(None, (request.rules.instruction, words)))
    return replace(request, rules=replace(request.rules, instruction=words, arguments_refused=True))


def _check_writable(request: ChatRequest) -> None:
    """Refuse what no JSON text in UTF-8 can hold."""
    tools = [(tool.name, tool.description, tool.parameters) for tool in request.tools]
    chat_id = request.parameters.get("chat_id")
    free = {"uid": request.uid, "chat_id": chat_id, "extra": request.extra, "tools": tools}
    for name, value in free.items():
        if not value:
            continue
        try:
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidRequestError(
                f"{name} cannot be written as JSON: {error}", param=name
            ) from error


def _check_length(messages: tuple[Message, ...], tools: tuple[Tool, ...], spec: ModelSpec) -> None:
    tokens = estimate_prompt_tokens(messages, tools)
    context = spec.context_tokens or UNKNOWN_CONTEXT_TOKENS
    if tokens > context * CONTEXT_MARGIN:
        raise ContextLengthError(
            f"prompt is too long: about {tokens} tokens of messages, images and tools; the "
            f"maximum context length is {context} tokens for model {spec.name!r}",
            hint="shorten the history or use a model with a longer context",
        )
