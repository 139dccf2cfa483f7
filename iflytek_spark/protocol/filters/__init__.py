"""What happens to the events of an answer between the wire and the caller.

Each filter takes the events of one message and returns what is left of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from iflytek_spark.protocol.events import Events
from iflytek_spark.protocol.filters.code_fence import CodeFenceFilter
from iflytek_spark.protocol.filters.stop import StopFilter
from iflytek_spark.protocol.filters.tool_arguments import ToolArgumentsFilter
from iflytek_spark.protocol.filters.tool_call import require_tool_call
from iflytek_spark.protocol.filters.tool_markup import ToolMarkupFilter
from iflytek_spark.requests.build import ChatRequest

Filter: TypeAlias = Callable[[Events], Events]


def filters_for(request: ChatRequest, sid: Callable[[], str]) -> tuple[Filter, ...]:
    """Choose the filters of a call, in the order in which they apply.

    The session id is asked for when it is needed, since it is known later.
    """
    chosen: list[Filter] = []
    if request.tools:
        chosen.append(ToolMarkupFilter(request.tools, sid))
    if request.rules.check_tool_call:
        chosen.append(require_tool_call)
    if request.rules.strip_fence:
        chosen.append(CodeFenceFilter())
    if request.rules.cut_at:
        chosen.append(StopFilter(request.rules.cut_at, sid))
    if request.rules.checked_tools:
        refused = request.rules.arguments_refused
        chosen.append(ToolArgumentsFilter(request.rules.checked_tools, refused_before=refused))
    return tuple(chosen)
