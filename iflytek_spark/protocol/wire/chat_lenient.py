"""Reads any frame of an answer that can be understood (PROTOCOL.md §2.3), and notes deviations.

It is the longer way of ``chat_client``, which reads plain deltas itself; what both can read they
read alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from iflytek_spark.assumptions import MAX_TOKEN_COUNT
from iflytek_spark.errors import ProtocolError
from iflytek_spark.messages import PluginResult, Usage
from iflytek_spark.protocol.deviations import Deviation, Deviations, Seen
from iflytek_spark.protocol.wire.envelope import AnswerHeader, read_answer, read_status
from iflytek_spark.protocol.wire.frame import Frame
from iflytek_spark.protocol.wire.halves import has_halves, without_halves
from iflytek_spark.protocol.wire.lenient import (
    Noted,
    json_of,
    note_unknown,
    number_in,
    object_of,
    objects_in,
    objects_of,
    text_of,
)

_LAST = 2
_PAYLOAD_KEYS = frozenset(("choices", "plugins", "usage", "question_type"))
_CHOICES_KEYS = frozenset(("status", "seq", "text"))
_CONTENT_KEYS = frozenset(("content", "reasoning_content", "function_call", "tool_calls"))
_TEXT_KEYS = frozenset(
    ("content", "reasoning_content", "function_call", "role", "index", "content_type",
     "content_meta")
)  # fmt: skip
_CALL_KEYS = frozenset(("name", "arguments"))
_PLUGIN_KEYS = frozenset(
    ("name", "content", "content_type", "content_meta", "role", "status", "invoked")
)
_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
_COUNT_KEYS = frozenset((*_COUNTS, "question_tokens"))
_NO_ARGUMENTS = ("", "{}", "null")

_Object = Mapping[str, Any]


def read_frame(data: bytes | str, noted: Deviations) -> Frame:
    """Read a frame.

    A code that is not 0 is found whatever else is unusual; nothing is noted of such a frame.

    Raises:
        ProtocolError: when it is not JSON with a header, or calls a function without its name.
    """
    header, answer = read_answer(data, noted)
    notes: Noted = Seen() if header.code else noted
    if not header.sid:
        notes.add(Deviation.SID_MISSING)
    payload = object_of(answer, "payload", notes)
    plugins, usage = _plugins(payload, notes), _usage(payload, notes)
    deltas = objects_in(payload["choices"], notes, for_one=True) if "choices" in payload else []
    if not deltas:
        last = _ends_without_delta(header, payload, plugins, usage, notes)
        code, message, sid, _ = header
        return Frame(code, message, sid, last=last, plugins=plugins, usage=usage)
    note_unknown(payload, _PAYLOAD_KEYS, notes)
    return _delta(header, deltas, notes)._replace(plugins=plugins, usage=usage)


def _ends_without_delta(
    header: AnswerHeader,
    payload: _Object,
    plugins: Sequence[PluginResult],
    usage: Usage | None,
    notes: Noted,
) -> bool:
    """Whether a frame without a piece is the last, which a plugin's never is."""
    last = not plugins and header.status == _LAST
    if header.status is None:
        notes.add(Deviation.STATUS_MISSING)
    if last:
        notes.add(Deviation.CHOICES_MISSING)
    elif payload.keys() - _PAYLOAD_KEYS:
        notes.add(Deviation.UNKNOWN_FRAME)
    elif not plugins and usage is None:
        notes.add(Deviation.EMPTY_FRAME)
    return last


def _delta(header: AnswerHeader, deltas: list[dict[str, Any]], notes: Noted) -> Frame:
    for delta in deltas:
        note_unknown(delta, _CHOICES_KEYS, notes)
    status = _status(header, deltas, notes)
    texts = list(chain.from_iterable(objects_of(delta, "text", notes) for delta in deltas))
    last = status == _LAST
    if not (last or (texts and not any(map(_CONTENT_KEYS.isdisjoint, texts)))):
        notes.add(Deviation.TEXT_MISSING)
    content, reasoning, call = _read_texts(texts, header.sid, notes)
    return Frame(
        header.code, header.message, header.sid, has_choices=True, last=last,
        seq=_seq(deltas, notes), content=content, reasoning=reasoning, function_call=call,
        first=status == 0, halves=has_halves(content + reasoning),
    )  # fmt: skip


def _status(header: AnswerHeader, deltas: list[dict[str, Any]], notes: Noted) -> int | None:
    """Return a piece's own status, or the header's."""
    known = [status for delta in deltas if (status := read_status(delta, notes)) is not None]
    if not known or header.status is None:
        notes.add(Deviation.STATUS_MISSING)
    return known[-1] if known else header.status


def _seq(deltas: list[dict[str, Any]], notes: Noted) -> int | None:
    values = [delta["seq"] for delta in deltas if delta.get("seq") is not None]
    if not values:
        notes.add(Deviation.SEQ_MISSING)
        return None
    seq = number_in(values[-1], notes)
    if seq is None:
        notes.add(Deviation.SEQ_UNUSUAL)
    return seq


class _Texts(NamedTuple):
    content: str
    reasoning: str
    call: tuple[str, str] | None


def _read_texts(texts: list[dict[str, Any]], sid: str, notes: Noted) -> _Texts:
    content = reasoning = ""
    calls: list[tuple[str, str]] = []
    for text in texts:
        _note_oddities(text, notes)
        content += text_of(text, "content", notes)
        reasoning += text_of(text, "reasoning_content", notes)
        calls += _calls(text, sid, notes)
    if len(calls) > 1:
        notes.add(Deviation.CALL_EXTRA)
    return _Texts(content, reasoning, calls[0] if calls else None)


def _note_oddities(text: _Object, notes: Noted) -> None:
    note_unknown(text, _TEXT_KEYS, notes)
    if text.get("role", "assistant") != "assistant":
        notes.add(Deviation.ROLE_UNUSUAL)
    if number_in(text.get("index", 0), notes) is None:
        notes.add(Deviation.INDEX_UNUSUAL)


def _calls(text: _Object, sid: str, notes: Noted) -> list[tuple[str, str]]:
    """Read the calls of a piece; one in the form of OpenAI's is understood too (§3)."""
    found: list[_Object] = []
    if "function_call" in text:
        found += objects_in(text["function_call"], notes, for_one=True)
    for item in objects_of(text, "tool_calls", notes):
        found.append(object_of(item, "function", notes) if "function" in item else item)
    calls = [_call(call, sid, notes) for call in found]
    return [call for call in calls if call is not None]


def _call(call: _Object, sid: str, notes: Noted) -> tuple[str, str] | None:
    note_unknown(call, _CALL_KEYS, notes)
    name = without_halves(text_of(call, "name", notes))
    arguments = without_halves(json_of(call, "arguments", notes))
    if name:
        return name, arguments or "{}"
    if arguments.strip() not in _NO_ARGUMENTS:
        raise ProtocolError("Spark sent a function call without the function's name", sid=sid)
    notes.add(Deviation.CALL_EMPTY)
    return None


def _plugins(payload: _Object, notes: Noted) -> tuple[PluginResult, ...]:
    results: list[PluginResult] = []
    for holder in objects_in(payload["plugins"], notes, True) if "plugins" in payload else ():
        bare = "content" in holder
        if bare:
            notes.add(Deviation.OBJECT_FOR_LIST)
        results += [_plugin(item, notes) for item in ([holder] if bare else _items(holder, notes))]
    return tuple(results)


def _items(holder: _Object, notes: Noted) -> list[dict[str, Any]]:
    note_unknown(holder, ("text",), notes)
    return objects_of(holder, "text", notes)


def _plugin(item: _Object, notes: Noted) -> PluginResult:
    note_unknown(item, _PLUGIN_KEYS, notes)
    name, content = text_of(item, "name", notes), json_of(item, "content", notes)
    return PluginResult(without_halves(name), without_halves(content))


def _usage(payload: _Object, notes: Noted) -> Usage | None:
    """Read the token counts; None stands for what are none."""
    if "usage" not in payload:
        return None
    usage = object_of(payload, "usage", notes)
    counts: _Object = usage
    if "text" in usage:
        note_unknown(usage, ("text",), notes)
        counts = object_of(usage, "text", notes)
    else:
        notes.add(Deviation.USAGE_UNUSUAL)
    note_unknown(counts, _COUNT_KEYS, notes)
    prompt, completion, total = (number_in(counts.get(key), notes) for key in _COUNTS)
    if prompt is None or completion is None or total is None:
        notes.add(Deviation.USAGE_UNUSUAL)
        return None
    if not all(0 <= number <= MAX_TOKEN_COUNT for number in (prompt, completion, total)):
        notes.add(Deviation.USAGE_UNUSUAL)
        return None
    return Usage(prompt, completion, total)
