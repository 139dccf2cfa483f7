"""What a dialect lacks is made up for here, and nowhere else.

Each function asks one flag of :class:`~iflytek_spark.models.spec.Lacks`: where the flag is not set,
what was asked for goes to the wire as it is; where it is set, it is told the model in words, put
into another form, or seen to by this library when the answer comes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from iflytek_spark.assumptions import ASSISTANT_FIRST, TURN_SEPARATOR
from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import JSONObject, Message, Part, TextPart, Tool, ToolChoice
from iflytek_spark.models.spec import Lacks, ModelSpec
from iflytek_spark.requests.prompts import call_instruction, chosen_tools, json_instruction
from iflytek_spark.requests.schemas.plain import plain_tools
from iflytek_spark.requests.tool_names import (
    OPENAI_NAMES,
    SHORT_NAMES,
    WireNames,
    names_in,
    renamed_tools,
    renamed_turns,
    wire_names,
)
from iflytek_spark.requests.tool_text import read_tool_text, write_tools
from iflytek_spark.requests.tool_turns import whole_tool_turns


@dataclass(frozen=True, slots=True)
class AnswerRules:
    """What an answer has to be.

    Attributes:
        instruction: what is added to the newest user message, in words.
        check_tool_call: whether an answer without a tool call is refused here.
        strip_fence: whether a Markdown fence around JSON is taken off here.
        cut_at: strings at which the answer is cut here.
        tool_choice: sent as it is, where the dialect has it.
        response_format: the same.
        stop: the same.
        checked_tools: tools whose schemas were told in words in part, as they were given: the
            arguments of their calls are checked here.
        arguments_refused: whether the model was shown already what is wrong with its arguments.
        own_names: the user's name of each tool that has another one on the wire.
    """

    instruction: str = ""
    check_tool_call: bool = False
    strip_fence: bool = False
    cut_at: tuple[str, ...] = ()
    tool_choice: ToolChoice | None = None
    response_format: JSONObject | None = None
    stop: tuple[str, ...] = ()
    checked_tools: tuple[Tool, ...] = ()
    arguments_refused: bool = False
    own_names: Mapping[str, str] = field(default_factory=dict)


def names_on_wire(tools: Iterable[Tool], messages: object, spec: ModelSpec) -> WireNames:
    """Name the tools of a call anew where a dialect does not take their names.

    Args:
        tools: those that are offered.
        messages: the conversation, not checked yet.
        spec: the model, as the dialect speaks to it.
    """
    lacks = spec.lacks
    if not (lacks.free_tool_names or lacks.long_tool_names):
        return {}
    form = SHORT_NAMES if lacks.long_tool_names else OPENAI_NAMES
    names = wire_names(names_in(tools, messages), form)
    if names:
        _LOG.debug("tools that have another name on the wire: %d", len(names))
    return names


def answer_rules(
    given: Mapping[str, Any], spec: ModelSpec, names: WireNames
) -> tuple[tuple[Tool, ...], AnswerRules]:
    """Decide how tools, their choice, the answer's format and stop strings are asked for.

    Args:
        given: the checked options.
        spec: the model, as the dialect speaks to it.
        names: see :func:`names_on_wire`.

    Returns:
        The tools to offer, and the rules.

    Raises:
        InvalidRequestError: for a choice of a tool that is not there, or a schema that has no
            form in the dialect.
    """
    lacks = spec.lacks
    tools, required = chosen_tools(given.get("tools", ()), given.get("tool_choice"))
    tools = renamed_tools(tools, names)
    if tools and given.get("web_search") and spec.search_excludes_tools:
        raise InvalidRequestError(
            f"model {spec.name!r} takes tools or web search, not both in one call",
            hint="leave one of them out",
            param="web_search",
        )
    own = {wire: name for name, wire in names.items()}
    rules = _stop(AnswerRules(own_names=own), given.get("stop", ()), lacks)
    rules = _tool_call(rules, tools, required, given, lacks)
    if not required:
        rules = _json(rules, given.get("response_format"), lacks)
    return _schemas(tools, rules, lacks)


def lacks_field(option: str, spec: ModelSpec) -> bool:
    """Tell whether a dialect has no field for an option, and nothing stands in its place."""
    return option in _CHAT_FIELDS and spec.lacks.chat_fields


_CHAT_FIELDS = frozenset(("chat_id", "auditing"))

_LOG = logging.getLogger("iflytek_spark")


def _schemas(
    tools: tuple[Tool, ...], rules: AnswerRules, lacks: Lacks
) -> tuple[tuple[Tool, ...], AnswerRules]:
    if not tools or not lacks.rich_schemas:
        return tools, rules
    plain = plain_tools(tools)
    checked = tuple(tool for tool, (_, exact) in zip(tools, plain, strict=True) if not exact)
    return tuple(tool for tool, _ in plain), replace(rules, checked_tools=checked)


def _stop(rules: AnswerRules, stop: tuple[str, ...], lacks: Lacks) -> AnswerRules:
    if not stop:
        return rules
    return replace(rules, cut_at=stop) if lacks.stop else replace(rules, stop=stop)


def _tool_call(
    rules: AnswerRules,
    tools: tuple[Tool, ...],
    required: bool,
    given: Mapping[str, Any],
    lacks: Lacks,
) -> AnswerRules:
    choice = given.get("tool_choice")
    if not required:
        return rules if lacks.tool_choice or not choice else replace(rules, tool_choice=choice)
    if not lacks.tool_choice:  # a tool's name is not sent: it is the only one that is offered
        rules = replace(rules, tool_choice="required")
    if not (lacks.tool_choice or lacks.forced_call):
        return rules
    words = call_instruction(tools, again=False)
    return replace(rules, check_tool_call=True, instruction=words)


def _json(rules: AnswerRules, wanted: JSONObject | None, lacks: Lacks) -> AnswerRules:
    if wanted is None or wanted["type"] == "text":
        return rules
    inner = wanted.get("json_schema")
    if not lacks.json_mode:
        in_words = lacks.json_schema and inner is not None
        sent = {"type": "json_object"} if in_words else wanted
        rules = replace(rules, response_format=sent)
        if not in_words:
            return rules
    words = json_instruction(None if inner is None else inner["schema"])
    return replace(rules, strip_fence=True, instruction=words)


def prepare_turns(messages: Iterable[Message], spec: ModelSpec, names: WireNames) -> list[Message]:
    """Put checked messages into the form and the order that a dialect takes.

    Args:
        messages: the messages, the newest last.
        spec: the model, as the dialect speaks to it.
        names: see :func:`names_on_wire`.

    Returns:
        The turns. Where a system message may stand first only, any other goes into the next
        user turn; where turns must alternate, neighbours of one role are one turn, and an
        assistant's words before the user's first go into the user's.
    """
    lacks = spec.lacks
    messages = renamed_turns(messages, names)
    messages = write_tools(messages) if lacks.tool_role else whole_tool_turns(messages)
    if lacks.reasoning_turns:
        messages = [
            replace(message, reasoning="") if message.reasoning else message for message in messages
        ]
    turns: list[Message] = []
    for message in _in_place(messages, spec):
        if lacks.repeated_role and turns and turns[-1].role == message.role:
            turns[-1] = _joined(turns[-1], message)
        else:
            turns.append(message)
    return turns


def _in_place(messages: Iterable[Message], spec: ModelSpec) -> Iterator[Message]:
    """Put what may not stay where it is before the next user turn."""
    leading, begun = spec.system_role, False
    anywhere = spec.system_role and not spec.lacks.inline_system
    waiting: list[Message] = []
    for message in messages:
        leading = leading and message.role == "system"
        begun = begun or message.role == "user"
        if message.role == "system" and not (leading or anywhere):
            waiting.append(Message("user", message.content))
        elif message.role == "assistant" and not begun and spec.lacks.repeated_role:
            waiting.append(replace(message, content=_assistant_first(message.text)))
        else:
            if message.role == "user":
                yield from (Message("user", earlier.content) for earlier in waiting)
                waiting = []
            yield message
    yield from (Message("user", earlier.content) for earlier in waiting)


def _assistant_first(text: str) -> str:
    """Say whose words they are; a call in them keeps lines of its own."""
    return ASSISTANT_FIRST.format(f"\n{text}\n" if read_tool_text(text) else text)


def _joined(first: Message, second: Message) -> Message:
    if isinstance(first.content, str) and isinstance(second.content, str):
        return Message(first.role, first.content + TURN_SEPARATOR + second.content)
    return Message(first.role, _parts(first) + _parts(second))


def _parts(message: Message) -> tuple[Part, ...]:
    return (TextPart(message.content),) if isinstance(message.content, str) else message.content
