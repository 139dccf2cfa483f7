"""A frame of an answer, read (PROTOCOL.md §2.3)."""

from __future__ import annotations

from typing import NamedTuple

from iflytek_spark.messages import PluginResult, Usage


class CallFragment(NamedTuple):
    """A tool call as it comes over HTTP, whole or a fragment of one (PROTOCOL-HTTP.md §3).

    Attributes:
        number: which call of the answer it is, or None.
        id: the service's own id, or an empty string.
        name: the function's name, or an empty string.
        arguments: JSON text, or the next part of it.
    """

    number: int | None
    id: str
    name: str
    arguments: str


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
        calls: tool calls as they come over HTTP.
        finish: why the answer ends, where the service says it.
        ending: whether nothing of the answer itself follows, though the frame is not the last.
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
    calls: tuple[CallFragment, ...] = ()
    finish: str = ""
    ending: bool = False
