"""Names for tools whose own name a dialect does not take: others go out, and the own come back.

A name that fits stays. Any other keeps what can stay of it, with a mark of the whole name behind,
so that it is the same in every call of a conversation; its tool's description begins with it, for
models that are asked for the tool by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from itertools import count
from typing import NamedTuple, TypeAlias

from iflytek_spark.messages import Message, Tool, ToolCall

WireNames: TypeAlias = Mapping[str, str]
"""The name on the wire of each own name that does not fit."""

_MARK = 8


class NameForm(NamedTuple):
    """What a tool may be called.

    Attributes:
        others: a run of characters that may not stand in a name.
        most: characters that it may have.
    """

    others: re.Pattern[str]
    most: int


OPENAI_NAMES = NameForm(re.compile(r"[^A-Za-z0-9_-]+"), 64)
"""As OpenAI has them."""
SHORT_NAMES = NameForm(re.compile(r"[^A-Za-z0-9_]+"), 32)
"""As ``spark-api-open`` has them (PROTOCOL.md §9)."""


def wire_names(names: Iterable[str], form: NameForm) -> WireNames:
    """Give each name that does not fit another one; no two names on the wire are alike."""
    given = set(names)
    taken = {name for name in given if _fits(name, form)}
    renamed: dict[str, str] = {}
    for name in sorted(given - taken):
        renamed[name] = next(new for new in _candidates(name, form) if new not in taken)
        taken.add(renamed[name])
    return renamed


def names_in(tools: Iterable[Tool], messages: object) -> Iterator[str]:
    """Yield the names of tools in a call: those offered, and those in messages, checked or not."""
    yield from (tool.name for tool in tools)
    for message in messages if isinstance(messages, list | tuple) else ():
        if isinstance(message, Message):
            yield from (call.name for call in message.tool_calls if isinstance(call, ToolCall))
            yield from (message.name,) if message.role == "tool" and message.name else ()


def renamed_tools(tools: Iterable[Tool], names: WireNames) -> tuple[Tool, ...]:
    """Return the tools with their names on the wire."""
    return tuple(_renamed_tool(tool, names) for tool in tools)


def renamed_turns(messages: Iterable[Message], names: WireNames) -> Iterable[Message]:
    """Return checked messages with the tools' names on the wire in calls and results."""
    return (_renamed_turn(message, names) for message in messages) if names else messages


def _renamed_tool(tool: Tool, names: WireNames) -> Tool:
    if tool.name not in names:
        return tool
    words = filter(None, (tool.name, tool.description))
    return replace(tool, name=names[tool.name], description=": ".join(words))


def _renamed_turn(message: Message, names: WireNames) -> Message:
    if message.role == "tool" and message.name in names:
        return replace(message, name=names[message.name])
    if not any(call.name in names for call in message.tool_calls):
        return message
    calls = (replace(call, name=names.get(call.name, call.name)) for call in message.tool_calls)
    return replace(message, tool_calls=tuple(calls))


def _fits(name: str, form: NameForm) -> bool:
    return 0 < len(name) <= form.most and form.others.search(name) is None


def _candidates(name: str, form: NameForm) -> Iterator[str]:
    kept = form.others.sub("_", name).strip("_")[: form.most - _MARK - 1] or "tool"
    for number in count():
        mark = sha256(f"{number}{name}".encode("utf-8", "surrogatepass")).hexdigest()[:_MARK]
        yield f"{kept}_{mark}"
