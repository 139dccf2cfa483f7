"""Raw frames as the service sends them, written out by hand: not with the product's encoder."""

from __future__ import annotations

import json
from typing import Any

from iflytek_spark.messages import Usage

SID = "cht000b702a@dx18d6fb9d758b894540"
CALL_ID = "call_cht000b702a_dx18d6fb9d758b894540"
"""Of a call in the answer with that sid: no service refuses it in a history."""
USAGE = Usage(prompt_tokens=37, completion_tokens=169, total_tokens=206)

FIRST, MIDDLE, LAST = 0, 1, 2


def piece(
    seq: int | None,
    content: str = "",
    *,
    status: int = MIDDLE,
    usage: Usage | None = None,
    sid: str = SID,
    **text: Any,
) -> str:
    """A frame with a piece of the answer; ``text`` holds further keys of its text."""
    item = {"content": content, "role": "assistant", "index": 0, **text}
    choices: dict[str, Any] = {"status": status, "text": [item]}
    if seq is not None:
        choices["seq"] = seq
    payload: dict[str, Any] = {"choices": choices}
    if usage is not None:
        payload["usage"] = {"text": counts(usage)}
    return frame(payload, status=status, sid=sid)


def frame(payload: dict[str, Any], *, status: int = MIDDLE, sid: str = SID) -> str:
    """A frame that is not an error."""
    header = {"code": 0, "message": "Success", "sid": sid, "status": status}
    return json.dumps({"header": header, "payload": payload}, ensure_ascii=False)


def counts(usage: Usage) -> dict[str, int]:
    """Token counts as they stand on the wire."""
    return {
        "question_tokens": 4,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }


def last(seq: int | None, content: str = "", **more: Any) -> str:
    """The last frame of an answer, with its token counts."""
    return piece(seq, content, status=LAST, **{"usage": USAGE, **more})


def answer(*contents: str, sid: str = SID, usage: Usage = USAGE) -> list[str]:
    """All frames of an answer whose pieces are ``contents``, the last one in the last frame."""
    end = len(contents) - 1
    frames = [
        piece(seq, content, status=MIDDLE if seq else FIRST, sid=sid)
        for seq, content in enumerate(contents[:end])
    ]
    return [*frames, last(end, contents[end], sid=sid, usage=usage)]


def function_call(name: str, arguments: str) -> str:
    """The one frame of a function call (PROTOCOL.md §3)."""
    call = {"arguments": arguments, "name": name}
    return last(0, "", content_type="text", function_call=call)


def search(content: str, *, name: str = "ifly_search") -> str:
    """The frame of a plugin, which has no choices (PROTOCOL.md §4)."""
    plugin = {
        "name": name,
        "content": content,
        "content_type": "text",
        "content_meta": None,
        "role": "tool",
        "status": "finished",
        "invoked": {"namespace": name, "plugin_id": name, "status_code": 200, "type": "local"},
    }
    return frame({"plugins": {"text": [plugin]}})


def error(code: int, message: str, *, sid: str = SID) -> str:
    """An error frame: a header and nothing else (PROTOCOL.md §2.3)."""
    header = {"code": code, "message": message, "sid": sid, "status": LAST}
    return json.dumps({"header": header}, ensure_ascii=False)
