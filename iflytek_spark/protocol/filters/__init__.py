"""What happens to the events of an answer between the wire and the caller.

Each filter takes the events of one message and returns what is left of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from iflytek_spark.protocol.events import Events
from iflytek_spark.protocol.filters.code_fence import FenceFilter
from iflytek_spark.protocol.filters.stop import StopEvents
from iflytek_spark.protocol.filters.tool_call import refuse_text
from iflytek_spark.protocol.filters.tool_markup import MarkupFilter
from iflytek_spark.requests import ChatRequest

Filter: TypeAlias = Callable[[Events], Events]


def filters_for(request: ChatRequest, sid: Callable[[], str]) -> tuple[Filter, ...]:
    """Choose the filters of a call, in the order in which they apply.

    Args:
        request: the call's request.
        sid: gives the session id once it is known.
    """
    chosen: list[Filter] = []
    if request.tools:
        chosen.append(MarkupFilter(request.tools, sid))
    if request.rules.check_tool_call:
        chosen.append(refuse_text)
    if request.rules.strip_fence:
        chosen.append(FenceFilter())
    if request.rules.cut_at:
        chosen.append(StopEvents(request.rules.cut_at, sid))
    return tuple(chosen)
