"""What happens to the events of an answer between the wire and the caller.

Each filter takes the events of one message and returns what is left of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from iflytek_spark.protocol.events import Events
from iflytek_spark.protocol.filters.code_fence import CodeFenceFilter
from iflytek_spark.protocol.filters.stop import StopFilter
from iflytek_spark.protocol.filters.tool_call import RequireToolCall
from iflytek_spark.protocol.filters.tool_markup import ToolMarkupFilter
from iflytek_spark.protocol.tool_calls import conversation_digest
from iflytek_spark.requests.build import ChatRequest

Filter: TypeAlias = Callable[[Events], Events]


def filters_for(request: ChatRequest, sid: Callable[[], str]) -> tuple[Filter, ...]:
    """Choose the filters of a call, in the order in which they apply.

    The session id is asked for when it is needed, since it is known later.
    """
    chosen: list[Filter] = []
    if request.tools:
        digest = partial(conversation_digest, request.messages)
        chosen.append(ToolMarkupFilter(request.tools, lambda: sid() or digest()))
    if request.rules.check_tool_call:
        chosen.append(RequireToolCall())
    if request.rules.strip_fence:
        chosen.append(CodeFenceFilter())
    if request.rules.cut_at:
        chosen.append(StopFilter(request.rules.cut_at, sid))
    return tuple(chosen)
