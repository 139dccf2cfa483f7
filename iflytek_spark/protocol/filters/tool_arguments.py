"""The arguments of a call are checked, where the model was told the tool's schema in words."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from iflytek_spark.errors import InvalidResponseError
from iflytek_spark.messages import JSONObject, Tool, ToolCall
from iflytek_spark.protocol.events import Event, Events, ToolCallDelta
from iflytek_spark.requests.schemas.check import SchemaCheck, TooManyStepsError
from iflytek_spark.requests.tool_arguments import read_arguments

_LOG = logging.getLogger("iflytek_spark")


class RefusedArgumentsError(Exception):
    """A call's arguments do not fit the tool's schema, and the model can be asked again.

    Attributes:
        call: the call.
        problem: what is wrong, with its JSON path.
    """

    def __init__(self, call: ToolCall, problem: str) -> None:
        """Build the error."""
        super().__init__(problem)
        self.call, self.problem = call, problem


class ToolArgumentsFilter:
    """Looks at the arguments of calls; it is the last filter, so that it knows what was passed."""

    def __init__(self, tools: Sequence[Tool], *, refused_before: bool) -> None:
        """Start at the beginning of an answer.

        Args:
            tools: those whose calls are checked, with their own schemas.
            refused_before: whether the model was asked again already.
        """
        self._schemas = {tool.name: tool.parameters for tool in tools}
        self._may_ask = not refused_before

    def __call__(self, events: Events) -> Events:
        """Take the events of one frame.

        Raises:
            RefusedArgumentsError: for arguments that do not fit, unless something was passed on
                or the model was asked again before; then the call itself says it.
        """
        checked = tuple(map(self._checked, events))
        self._may_ask = self._may_ask and not checked
        return checked

    def _checked(self, event: Event) -> Event:
        if not isinstance(event, ToolCallDelta) or event.call.name not in self._schemas:
            return event
        call = event.call
        problem = _problem(self._schemas[call.name], call)
        if problem and self._may_ask:
            raise RefusedArgumentsError(call, problem)
        if problem:
            words = f"the arguments do not fit the tool's schema: {problem}"
            return replace(event, call=replace(call, problem=words))
        return event


def _problem(schema: JSONObject, call: ToolCall) -> str:
    """Say what is wrong with arguments; what is no JSON object is for the reader of calls."""
    try:
        return SchemaCheck(schema, lenient=True).problem(read_arguments(call.arguments))
    except InvalidResponseError:
        return ""
    except TooManyStepsError as error:
        _LOG.warning("the arguments for tool %r were not checked: %s", call.name, error)
        return ""
