"""Tools whose parameters are said in the few words of JSON Schema that Spark knows.

PROTOCOL.md §3 shows ``type``, ``properties``, ``required`` and ``description`` and nothing else of
JSON Schema. What merely restricts arguments and has no plain form is told in the description, and
checked when the call comes back; no tool is refused for it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import Tool
from iflytek_spark.requests.schemas.budget import Budget
from iflytek_spark.requests.schemas.read import Reader
from iflytek_spark.requests.schemas.write import Writer

_LOG = logging.getLogger("iflytek_spark")


class PlainTool(NamedTuple):
    """A tool as it is sent.

    Attributes:
        tool: its parameters are of ``type``, ``properties``, ``required``, ``description`` and
            bounds, without references, of the types string, number, integer, boolean, array and
            object.
        exact: whether they say all that the tool's own schema says; False when words had to.
    """

    tool: Tool
    exact: bool


def plain_tools(tools: Iterable[Tool]) -> list[PlainTool]:
    """Write the parameters of tools as Spark takes them.

    Args:
        tools: each with a JSON schema of type object, with or without ``$defs``, or with an
            empty one.

    Returns:
        The tools in their order. Each place of a schema has one type. A choice of constants is
        one enum; a choice between a value and a list of them is a list; objects are merged; a
        schema that contains itself is cut where it repeats. What that leaves out is told in
        the description.

    Raises:
        InvalidRequestError: for parameters that are no object, or when the schemas of all tools
            together are too large.
    """
    budget = Budget()
    return [_plain(tool, budget) for tool in tools]


def _plain(tool: Tool, budget: Budget) -> PlainTool:
    if not tool.parameters:
        return PlainTool(replace(tool, parameters={"type": "object", "properties": {}}), exact=True)
    parameters, exact = _parameters(tool, budget)
    if not exact:
        _LOG.info("tool %r: parts of its schema are told the model in words", tool.name)
    return PlainTool(replace(tool, parameters=parameters), exact)


def _parameters(tool: Tool, budget: Budget) -> tuple[dict[str, Any], bool]:
    if not isinstance(tool.parameters, Mapping):
        raise _refusal(tool, "its parameters are no JSON schema")
    budget.start_tool()
    try:
        node = Reader(tool.parameters, budget).read(tool.parameters)
    except (RecursionError, ValueError) as error:  # values of an enum, a default and such
        raise _refusal(tool, f"its schema cannot be written as JSON: {error}") from error
    if "object" not in (node.kinds or ("object",)):
        raise _refusal(tool, "its parameters are not of type object")
    node.kinds = ("object",)
    writer = Writer()
    return writer.write(node), writer.exact


def _refusal(tool: Tool, reason: str) -> InvalidRequestError:
    hint = "a call has named arguments: give the tool parameters of type object"
    return InvalidRequestError(f"tool {tool.name!r}: {reason}", hint=hint, param="tools")
