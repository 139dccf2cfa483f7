"""A frame of an answer, read (PROTOCOL.md §2.3)."""

from __future__ import annotations

from typing import NamedTuple

from iflytek_spark.messages import PluginResult, Usage


class Frame(NamedTuple):
    """One frame of an answer, read.

    Attributes:
        code: 0, or an error code.
        message: the service's word on the code.
        sid: the session id.
        has_choices: whether the frame is a piece of the answer.
        last: whether it is the answer's end.
        seq: the piece's number, or None.
        content: text of the answer.
        reasoning: text of the thoughts.
        function_call: name and JSON arguments, or None.
        plugins: what plugins returned.
        usage: token counts, in the last frame.
        first: whether it is the answer's beginning.
        halves: whether its texts hold halves of characters.
    """

    code: int
    message: str = ""
    sid: str = ""
    has_choices: bool = False
    last: bool = False
    seq: int | None = None
    content: str = ""
    reasoning: str = ""
    function_call: tuple[str, str] | None = None
    plugins: tuple[PluginResult, ...] = ()
    usage: Usage | None = None
    first: bool = False
    halves: bool = False
