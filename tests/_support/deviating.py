"""Answers that are not as documented, and the names of what they deviate in.

Each is an answer of five frames, a call, a search, or thoughts, with one thing changed that loses
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from iflytek_spark.messages import ChatResponse
from tests._support.frames import USAGE, answer, function_call, last, piece, search

TEXT = "你好，世界！"
PAGES = [{"index": 1, "url": "https://example.com", "title": "题"}]
ADDED = {"emoji": "🌍", "half": "\ufffd"}
Change = Callable[[list[Any]], None]


class Deviating(NamedTuple):
    """An answer as it comes.

    Attributes:
        frames: what is sent.
        deviations: the names that the response must hold, all of them.
        usage: whether the token counts are read all the same.
        of: which answer it is: ``text``, with an ``emoji`` or ``half`` of one in it, ``call``,
            ``search`` or ``thoughts``.
    """

    frames: list[str]
    deviations: tuple[str, ...]
    usage: bool = True
    of: str = "text"

    def is_whole(self, response: ChatResponse) -> bool:
        """Whether nothing of the answer is lost in a response."""
        if response.usage != (USAGE if self.usage else None):
            return False
        if self.of == "call":
            (call,) = response.tool_calls
            return (call.name, json.loads(call.arguments)) == ("天气", {"city": "合肥"})
        text = TEXT.replace("，", "，" + ADDED.get(self.of, ""))
        pages = [page.title for page in response.citations]
        return response.text == text and pages == ["题"] * (self.of == "search")


ANSWERS = {
    "text": answer("你好", "，", "世界", "！", ""),
    "call": [function_call("天气", '{"city":"合肥"}')],
    "search": [search(json.dumps(PAGES)), *answer("你好，", "世界！")],
    "thoughts": [piece(0, reasoning_content="先想"), last(1, TEXT)],
}


HUGE = "1e99999999999999999999"
"""Stands bare in the frames: Python has no number for it."""


def changed(change: Change, of: str = "text") -> list[str]:
    frames = [json.loads(raw) for raw in ANSWERS[of]]
    change(frames)
    return [json.dumps(frame).replace(f'"{HUGE}"', HUGE) for frame in frames]


def put(path: str, value: object, at: int = 1) -> Change:
    """Change a value of one frame; ``...`` in place of a value drops it."""
    *way, key = [int(step) if step.isdigit() else step for step in path.split(".")]

    def change(frames: list[Any]) -> None:
        holder = frames[at]
        for step in way:
            holder = holder[step]
        if value is ...:
            del holder[key]
        else:
            holder[key] = value

    return change


def numbered(*numbers: object) -> Change:
    def change(frames: list[Any]) -> None:
        for frame, number in zip(frames, numbers, strict=True):
            frame["payload"]["choices"]["seq"] = number

    return change


def inserted(*payload: object) -> Change:
    """Let a frame with this payload, or with none, in after the second."""

    def change(frames: list[Any]) -> None:
        frame = {"header": frames[1]["header"]}
        frames.insert(2, {**frame, "payload": payload[0]} if payload else frame)

    return change


HEADER, CHOICES = "header", "payload.choices"
ITEM = f"{CHOICES}.text.0"
CALL = f"{ITEM}.function_call"
COUNTS = "payload.usage.text"
PLUGINS = "payload.plugins"
EMOJI = json.dumps("🌍").strip('"')

_TEXTS: tuple[tuple[str, Change, tuple[str, ...]], ...] = (
    ("seq leaps", numbered(0, 1, 7, 8, 9), ("seq_gap",)),
    ("seq repeats", numbered(0, 1, 1, 2, 3), ("seq_repeated",)),
    ("seq is 0 throughout", numbered(0, 0, 0, 0, 0), ("seq_repeated",)),
    ("seq begins at 1", numbered(1, 2, 3, 4, 5), ("seq_start",)),
    ("seq goes back", numbered(0, 1, 2, 0, 1), ("seq_back",)),
    ("seq is negative", numbered(0, 1, -1, 0, 1), ("seq_back",)),
    ("seq is text", numbered("0", "1", "2", "3", "4"), ("number_as_text",)),
    ("seq has a point", numbered(0.0, 1.0, 2.0, 3.0, 4.0), ("number_as_float",)),
    ("seq is null", put(f"{CHOICES}.seq", None), ("seq_missing",)),
    ("seq is missing", put(f"{CHOICES}.seq", ...), ("seq_missing",)),
    ("seq is a list", put(f"{CHOICES}.seq", [1, 2]), ("seq_unusual",)),
    ("sid is missing", put("header.sid", ...), ("sid_missing",)),
    ("sid is null", put("header.sid", None), ("null", "sid_missing")),
    ("sid is a number", put("header.sid", 5), ("number_for_text", "sid_changed")),
    ("another sid", put("header.sid", "cht9"), ("sid_changed",)),
    ("code is missing", put("header.code", ...), ("code_missing",)),
    ("code is null", put("header.code", None), ("code_missing",)),
    ("code is text", put("header.code", "0"), ("number_as_text",)),
    ("message is null", put("header.message", None), ("null",)),
    ("header's status is missing", put("header.status", ...), ("status_missing",)),
    ("status is missing", put(f"{CHOICES}.status", ..., 4), ("status_missing",)),
    ("status is null", put(f"{CHOICES}.status", None), ("status_missing",)),
    ("status is text", put(f"{CHOICES}.status", "2", 4), ("number_as_text",)),
    ("status is 7", put(f"{CHOICES}.status", 7), ("status_unusual",)),
    ("header is a list", lambda f: f[1].update(header=[f[1]["header"]]), ("list_for_object",)),
    ("payload is a list", lambda f: f[1].update(payload=[f[1]["payload"]]), ("list_for_object",)),
    (
        "payload is text",
        lambda f: f[1].update(payload=json.dumps(f[1]["payload"])),
        ("text_for_object",),
    ),
    (
        "choices are a list",
        lambda f: f[1]["payload"].update(choices=[f[1]["payload"]["choices"]]),
        ("list_for_object",),
    ),
    (
        "text is an object",
        lambda f: f[1]["payload"]["choices"].update(text=f[1]["payload"]["choices"]["text"][0]),
        ("object_for_list",),
    ),
    ("text is a text", put(f"{CHOICES}.text", "，"), ("text_for_list",)),
    ("text holds texts", put(f"{CHOICES}.text", ["，"]), ("text_for_object",)),
    ("text holds null", lambda f: f[1]["payload"]["choices"]["text"].append(None), ("null",)),
    ("last text is null", put(f"{CHOICES}.text", None, 4), ("null",)),
    ("last content is null", put(f"{ITEM}.content", None, 4), ("null",)),
    ("last content is missing", put(f"{ITEM}.content", ..., 4), ()),
    ("content is a list", put(f"{ITEM}.content", [{"type": "text", "text": "，"}]),
     ("list_for_text", "object_for_text")),
    ("content is an object", put(f"{ITEM}.content", {"text": "，"}), ("object_for_text",)),
    ("index is text", put(f"{ITEM}.index", "0"), ("number_as_text",)),
    ("index is null", put(f"{ITEM}.index", None), ("index_unusual",)),
    ("role is null", put(f"{ITEM}.role", None), ("role_unusual",)),
    ("reasoning is null", put(f"{ITEM}.reasoning_content", None), ("null",)),
    ("function_call is null", put(CALL, None), ("null",)),
    ("function_call is empty", put(CALL, {"name": "", "arguments": ""}), ("call_empty",)),
    ("plugins are null", put(PLUGINS, None), ("null",)),
    ("an unknown field of a frame", put("x", 1), ("unknown_field",)),
    ("an unknown field of a header", put("header.x", None), ("unknown_field",)),
    ("an unknown field in a text", put(f"{ITEM}.x", {"y": []}), ("unknown_field",)),
    ("an unknown frame", inserted({"security_suggest": {"action": "none"}}), ("unknown_frame",)),
    ("an empty frame", inserted({}), ("empty_frame",)),
    ("a frame without payload", inserted(), ("empty_frame",)),
    ("payload is null", inserted(None), ("null", "empty_frame")),
    ("choices are empty", inserted({"choices": {}}),
     ("status_missing", "text_missing", "seq_missing")),
    ("a piece without text", inserted({"choices": {"status": 1, "seq": 2, "text": [{}]}}),
     ("text_missing", "seq_repeated")),
    ("a frame twice", lambda f: f.insert(2, f[1]), ("frame_repeated",)),
    ("the first frame twice", lambda f: f.insert(1, f[0]), ("frame_repeated",)),
    ("usage early", put("payload.usage", {"text": dict.fromkeys(
        ("prompt_tokens", "completion_tokens", "total_tokens"), 0)}), ("usage_early",)),
    ("counts are text", lambda f: f[4]["payload"]["usage"].update(text={
        key: str(n) for key, n in f[4]["payload"]["usage"]["text"].items()}), ("number_as_text",)),
    ("usage without its text", lambda f: f[4]["payload"].update(
        usage=f[4]["payload"]["usage"]["text"]), ("usage_unusual",)),
    ("payload is a blank text", inserted(" "), ("text_for_object", "empty_frame")),
    ("payload is another text", inserted("x"), ("value_left_out", "empty_frame")),
    ("header has two objects", lambda f: f[1].update(header=[f[1]["header"], {}]),
     ("list_for_object", "value_left_out")),
    ("index has a huge exponent", put(f"{ITEM}.index", HUGE), ("index_unusual",)),
    ("index is true", put(f"{ITEM}.index", True), ("index_unusual",)),
    ("usage is a list", lambda f: f[4]["payload"].update(usage=[f[4]["payload"]["usage"]]),
     ("list_for_object",)),
)  # fmt: skip

_UNCOUNTED: tuple[tuple[str, Change, tuple[str, ...]], ...] = (
    ("usage is missing", put("payload.usage", ..., 4), ("usage_missing",)),
    ("usage is null", put("payload.usage", None, 4), ("null", "usage_unusual")),
    ("usage is text", put("payload.usage", "many", 4), ("usage_unusual",)),
    ("counts are null", put(COUNTS, None, 4), ("null", "usage_unusual")),
    ("a count is missing", put(f"{COUNTS}.total_tokens", ..., 4), ("usage_unusual",)),
    ("a count is negative", put(f"{COUNTS}.prompt_tokens", -5, 4), ("usage_unusual",)),
    ("a count is huge", put(f"{COUNTS}.total_tokens", 10**30, 4), ("usage_unusual",)),
    ("a count is no number", put(f"{COUNTS}.total_tokens", "five", 4), ("usage_unusual",)),
    ("a count is half", put(f"{COUNTS}.total_tokens", 1.5, 4), ("usage_unusual",)),
)

_CALLS: tuple[tuple[str, Change, tuple[str, ...]], ...] = (
    ("arguments are an object", put(f"{CALL}.arguments", {"city": "合肥"}, 0),
     ("object_for_text",)),
    ("function_call is a list", lambda f: f[0]["payload"]["choices"]["text"][0].update(
        function_call=[f[0]["payload"]["choices"]["text"][0]["function_call"]]),
     ("list_for_object",)),
    ("function_call is text", put(CALL, '{"name":"天气","arguments":{"city":"合肥"}}', 0),
     ("text_for_object", "object_for_text")),
    ("two calls", lambda f: f[0]["payload"]["choices"]["text"].append(
        {"content": "", "function_call": {"name": "b", "arguments": "{}"}}), ("call_extra",)),
    ("content beside a call is null", put(f"{ITEM}.content", None, 0), ("null",)),
    ("tool_calls as OpenAI writes them", lambda f: f[0]["payload"]["choices"].update(
        text=[{"content": "", "tool_calls": [{"id": "call_1", "type": "function",
               "function": {"name": "天气", "arguments": '{"city":"合肥"}'}}]}]),
     ("unknown_field",)),
)  # fmt: skip

_SEARCHES: tuple[tuple[str, Change, tuple[str, ...]], ...] = (
    ("a plugin as an object", lambda f: f[0]["payload"]["plugins"].update(
        text=f[0]["payload"]["plugins"]["text"][0]), ("object_for_list",)),
    ("plugins are the plugin", lambda f: f[0]["payload"].update(
        plugins=f[0]["payload"]["plugins"]["text"][0]), ("object_for_list",)),
    ("plugins are a list", lambda f: f[0]["payload"].update(
        plugins=f[0]["payload"]["plugins"]["text"]), ("list_for_object", "object_for_list")),
    ("a plugin's content is a list", put(f"{PLUGINS}.text.0.content", PAGES, 0),
     ("list_for_text",)),
    ("choices beside a plugin are null", put(CHOICES, None, 0), ("null",)),
)  # fmt: skip


def _raw() -> dict[str, Deviating]:
    first, second, third, fourth, end = ANSWERS["text"]
    high, low = EMOJI[:6], EMOJI[6:]
    calls = [("天气", '{"city":"合肥"}'), ("b", "{}")]
    first_call, second_call = ({"name": name, "arguments": given} for name, given in calls)
    halves = [second.replace("，", f"，{high}"), third.replace("世界", f"{low}世界")]
    return {
        "a byte order mark": Deviating(
            [first, "\ufeff" + second, third, fourth, end], ("byte_order_mark",)
        ),
        "two frames call": Deviating(
            [piece(0, function_call=first_call), last(1, function_call=second_call)],
            ("call_extra",),
            of="call",
        ),
        "half a character": Deviating(
            [first, second.replace("，", f"，{high}"), third, fourth, end],
            ("half_character", "lone_surrogate"),
            of="half",
        ),
        "a character in two frames": Deviating(
            [first, *halves, fourth, end], ("half_character",), of="emoji"
        ),
    }


DEVIATING: dict[str, Deviating] = {
    **{name: Deviating(changed(change), named) for name, change, named in _TEXTS},
    **{name: Deviating(changed(change), named, usage=False) for name, change, named in _UNCOUNTED},
    **{
        name: Deviating(changed(change, "call"), named, of="call") for name, change, named in _CALLS
    },
    **{
        name: Deviating(changed(change, "search"), named, of="search")
        for name, change, named in _SEARCHES
    },
    **_raw(),
}
