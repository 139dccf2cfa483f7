"""What happens to the events of an answer between the wire and the caller.

Each filter takes the events of one message and returns what is left of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from iflytek_spark.messages import Tool, Usage
from iflytek_spark.protocol.events import Events, Finished
from iflytek_spark.protocol.filters.code_fence import CodeFenceFilter
from iflytek_spark.protocol.filters.own_names import OwnNamesFilter
from iflytek_spark.protocol.filters.stop import StopFilter
from iflytek_spark.protocol.filters.tool_arguments import ToolArgumentsFilter
from iflytek_spark.protocol.filters.tool_call import RequireToolCall
from iflytek_spark.protocol.filters.tool_markup import ToolMarkupFilter
from iflytek_spark.protocol.tool_calls import conversation_digest
from iflytek_spark.requests.build import ChatRequest

Filter: TypeAlias = Callable[[Events], Events]


def filters_for(
    request: ChatRequest, sid: Callable[[], str], end: Callable[[Usage | None], Finished]
) -> tuple[Filter, ...]:
    """Choose the filters of a call, in the order in which they apply.

    Args:
        request: what is asked.
        sid: gives the session id, which is known later.
        end: gives the end of an answer that is cut at a stop string.
    """
    chosen: list[Filter] = []
    if request.tools:
        digest = partial(conversation_digest, request.messages)
        chosen.append(ToolMarkupFilter(_by_any_name(request), lambda: sid() or digest()))
    if request.rules.check_tool_call:
        chosen.append(RequireToolCall())
    if request.rules.strip_fence:
        chosen.append(CodeFenceFilter())
    if request.rules.cut_at:
        chosen.append(StopFilter(request.rules.cut_at, end))
    if request.rules.checked_tools:
        refused = request.rules.arguments_refused
        chosen.append(ToolArgumentsFilter(request.rules.checked_tools, refused_before=refused))
    if request.rules.own_names:
        chosen.append(OwnNamesFilter(request.rules.own_names))
    return tuple(chosen)


def _by_any_name(request: ChatRequest) -> list[Tool]:
    """Return the tools, those with another name on the wire by their own too."""
    own = request.rules.own_names
    renamed = [tool for tool in request.tools if tool.name in own]
    return [*request.tools, *(replace(tool, name=own[tool.name]) for tool in renamed)]
