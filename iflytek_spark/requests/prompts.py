"""What is said to the model in words, because Spark's WebSocket has no field for it.

Spark can neither be forced to call a tool nor be held to a JSON schema (PROTOCOL.md §3, §9), so
the wish stands at the end of the newest user message.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import JSONObject, Tool, ToolChoice

CONTINUE = "请继续。"
"""The user's turn after an assistant's that stands last: §4 has the user end."""

LOOK = "请看这张图片。"
"""Goes with an image that comes without words, since no turn may be empty."""

SPEAKER = "{}: {}"
"""How the name of a speaker stands before the words."""


def chosen_tools(tools: Sequence[Tool], choice: ToolChoice | None) -> tuple[tuple[Tool, ...], bool]:
    """Apply a tool choice.

    Args:
        tools: the tools of the call.
        choice: the choice; None means ``auto``.

    Returns:
        The tools to offer, and whether one of them must be called.

    Raises:
        InvalidRequestError: for the name of a tool that is not among them, or a call that is
            required without any.
    """
    if choice in (None, "auto"):
        return tuple(tools), False
    if choice == "none":
        return (), False
    offered = tuple(tool for tool in tools if choice in ("required", tool.name))
    if not offered:
        names = ", ".join(tool.name for tool in tools) or "no tool"
        raise InvalidRequestError(
            f"tool_choice is {choice!r}, but there is {names}", param="tool_choice"
        )
    return offered, True


def call_instruction(tools: Sequence[Tool], *, again: bool) -> str:
    """Tell the model that it must call one of the tools, or tell it again."""
    names = "、".join(tool.name for tool in tools)
    if again:
        return f"你刚才用文字回答了，这不符合要求。必须调用函数（{names}），不要输出任何文字。"
    return f"请务必调用函数（{names}）来完成，不要用文字直接回答。"


def json_instruction(schema: JSONObject | None) -> str:
    """Tell the model to answer with one JSON object, which must fit the schema, if there is one."""
    if schema is None:
        return "只输出一个 JSON 对象，不要输出其他文字，也不要使用 Markdown 代码块。"
    text = json.dumps(schema, ensure_ascii=False)
    return f"{json_instruction(None)}它必须符合这个 JSON Schema：\n{text}"


def arguments_instruction(name: str, arguments: str, problem: str) -> str:
    """Show the model what is wrong with the arguments of its call."""
    shown = arguments[:_MAX_ARGUMENTS] + "…" * (len(arguments) > _MAX_ARGUMENTS)
    reason = f"你刚才调用函数 {name} 的参数不符合要求：{problem}"
    return f"{reason}\n参数是：{shown}\n请改正参数后重新调用。"


_MAX_ARGUMENTS = 2_000
"""Characters of refused arguments that the model is shown."""


def repair_instruction(problem: str) -> str:
    """Show the model what the validation found in its structured answer."""
    return f"上面的输出不符合要求：{problem}\n请改正后重新给出完整的结果。"
