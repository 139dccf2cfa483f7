"""What comes over HTTP: responses in pieces, the events in them, vectors, ranks and requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from iflytek_spark import Credentials, SparkClient, Tool
from iflytek_spark.errors import SparkError
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.events import Event, Finished
from iflytek_spark.protocol.steps import TransportError
from iflytek_spark.protocol.wire.openai.requests import decode_chat
from iflytek_spark.protocol.wire.openai.vectors_client import decode_embeddings, decode_ranks
from iflytek_spark.transports.mock import MockScript
from iflytek_spark.transports.sse.answer import Answer

ME = Credentials("app1", "key1", "secret1", maas_api_key="a MaaS key")
TOOL = Tool("weather", "weather", {"type": "object", "properties": {"city": {"type": "string"}}})
MODELS = ("x2-flash", "spark-x2.5")
_SID = "cht000a0001@dx19aa0000"
_USAGE = {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6}
_CALL = {"type": "function", "id": "c1", "function": {"name": "weather", "arguments": "{}"}}


def response(data: bytes) -> None:
    """A whole response: the first byte chooses the model and the size of the pieces it comes in.

    However it is cut, the same messages come out, or the same kind of error behind some of them.
    """
    size = 1 + (data[0] >> 1 if data else 0)
    pieces, failure = _read(data[1:], size)
    whole, failure_at_once = _read(data[1:], max(len(data), 1))
    same = whole == pieces[: len(whole)] if failure else whole == pieces
    if failure != failure_at_once or not same:
        raise AssertionError(f"in pieces of {size}: {pieces}, at once: {whole}")
    _chat(pieces, MODELS[data[0] % 2 if data else 0])


def events(data: bytes) -> None:
    """The messages of a chat, a line each; the first byte chooses the model."""
    _chat(data[1:].split(b"\n"), MODELS[data[0] % 2 if data else 0])


def posted(data: bytes) -> None:
    """The body of an answer with vectors or ranks."""
    readers: tuple[Callable[..., Any], ...] = (decode_embeddings, decode_ranks)
    for decode in readers:
        try:
            decode(data, Deviations())
        except SparkError:
            continue


def request(data: bytes) -> None:
    """The body of a chat's request, as the emulator reads it."""
    decode_chat(data)


def _read(raw: bytes, size: int) -> tuple[list[bytes], str]:
    answer = Answer()
    messages: list[bytes] = []
    failure = ""
    try:
        for start in range(0, len(raw), size):
            if answer.complete:
                break
            answer.feed(raw[start : start + size])
        if not answer.complete:
            answer.end()
        answer.refuse()
    except TransportError as error:
        failure = type(error).__name__
    while (message := answer.take()) is not None:
        messages.append(message)
    return messages, failure


def _chat(messages: Sequence[bytes], model: str) -> None:
    """A whole answer ends with Finished, once; a broken one has none."""
    script = MockScript([messages])
    client = SparkClient(ME, max_retries=0, transport=script.sync, clock=script.clock)
    seen: list[Event] = []
    whole = False
    try:
        stream = client.stream("你好", model=model, wire="http", tools=[TOOL])
        seen.extend(stream)
        stream.response()
        whole = True
    finally:
        ends = [isinstance(event, Finished) for event in seen]
        if ends.count(True) != whole or (whole and not ends[-1]) or script.open:
            raise AssertionError(f"{seen}, whole: {whole}, left open: {script.open}")


def _delta(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"sid": _SID, "choices": [{"delta": delta, "finish_reason": finish, "index": 0}]}


def _answers() -> Iterator[list[Any]]:
    end = {"sid": _SID, "choices": [], "usage": _USAGE}
    yield [_delta({"content": "好"}), _delta({"content": ""}, "stop"), end, "[DONE]"]
    yield [_delta({"reasoning_content": "想"}), _delta({"content": "好"}, "stop"), end, "[DONE]"]
    yield [_delta({"tool_calls": [_CALL]}), _delta({}, "tool_calls"), end, "[DONE]"]
    yield [_delta({"content": "", "tool_calls": _CALL}), end, "[DONE]"]
    yield [{"sid": _SID, "choices": [{"message": {"content": "好"}}], "usage": _USAGE}, "[DONE]"]


def _written(answer: list[Any]) -> list[bytes]:
    return [
        (part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)).encode()
        for part in answer
    ]


def responses() -> Iterator[bytes]:
    """Answers as events, in chunks and as one body, in pieces of two sizes."""
    for answer in _answers():
        body = b"".join(b"data: %b\n\n" % part for part in _written(answer))
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        chunks = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        length = b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        for first in (b"\x00", b"\x07"):
            yield first + head + chunks
            yield first + head + length


def chats() -> Iterator[bytes]:
    """The messages of each answer, for both dialects."""
    for answer in _answers():
        for first in (b"\x00", b"\x01"):
            yield first + b"\n".join(_written(answer))


def bodies() -> Iterator[bytes]:
    """Vectors and ranks."""
    vector = {"embedding": [0.5, -0.5], "index": 0, "object": "embedding"}
    yield json.dumps({"data": [vector], "id": "e", "object": "list", "usage": _USAGE}).encode()
    rank = {"index": 0, "relevance_score": 0.9, "document": {"text": "甲"}}
    yield json.dumps({"id": "r", "results": [rank], "usage": _USAGE}).encode()


def requests() -> Iterator[bytes]:
    """What a client asks."""
    turn = {"role": "user", "content": "你好"}
    tool = {"type": "function", "function": {"name": "weather", "parameters": {}}}
    yield json.dumps({"model": "spark-x", "messages": [turn], "stream": True}).encode()
    yield json.dumps({"model": "spark-x2.5", "messages": [turn], "tools": [tool]}).encode()
