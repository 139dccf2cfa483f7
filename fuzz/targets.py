"""What is fuzzed: functions of bytes. Only the exceptions that a row names may come out.

A parser more is a function more and a row in :data:`TARGETS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import h11

from fuzz import gateway, gateway_connection, over_http, seeds
from fuzz.connections import all_requests, websocket_message
from iflytek_spark import Credentials, SparkClient, Tool
from iflytek_spark.emulator.chat import seen_chat
from iflytek_spark.emulator.checks import Router, check, check_length
from iflytek_spark.emulator.post import POST_SERVICES
from iflytek_spark.emulator.response_frames import response_frames
from iflytek_spark.emulator.rules import respond
from iflytek_spark.errors import SparkError
from iflytek_spark.gateway.openai.errors import GatewayError
from iflytek_spark.models.catalogue import MODELS
from iflytek_spark.protocol.events import Event, Finished
from iflytek_spark.protocol.steps import HTTPStatusError
from iflytek_spark.protocol.wire.chat_client import decode_frame
from iflytek_spark.protocol.wire.chat_server import decode_request
from iflytek_spark.protocol.wire.embedding import decode_embedding
from iflytek_spark.protocol.wire.envelope import read_error
from iflytek_spark.protocol.wire.http_errors import status_error
from iflytek_spark.protocol.wire.image import decode_image
from iflytek_spark.protocol.wire.openai.requests import MalformedError
from iflytek_spark.protocol.wire.signing import verify_url
from iflytek_spark.protocol.wire.values import RequestRefusedError
from iflytek_spark.requests.options import ChatOptions
from iflytek_spark.transports.mock import MockScript

ME = Credentials(seeds.APP_ID, "key1", "secret1")
TOOL = Tool("天气", "weather", {"type": "object", "properties": {"city": {"type": "string"}}})
OPTIONS: tuple[ChatOptions, ...] = (
    {},
    {"stop": ["。", "世界"]},
    {"tools": [TOOL]},
    {"tools": [TOOL], "tool_choice": "required"},
    {"response_format": {"type": "json_object"}},
    {"max_tokens": 5},
)
ROUTER = Router(MODELS)


class Target(NamedTuple):
    """A function that must stand any bytes.

    Attributes:
        run: the function.
        seeds: valid inputs to begin with.
        expected: what it may raise.
    """

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    expected: tuple[type[Exception], ...] = (SparkError,)


def frame(data: bytes) -> None:
    """A frame of an answer."""
    decode_frame(data)


def answer(data: bytes) -> None:
    """An exchange; a line is a frame, and the first byte chooses the options of the call.

    A whole answer ends with Finished, once; a broken one has none.
    """
    frames = data[1:].split(b"\n")
    script = MockScript([frames, frames])
    client = SparkClient(
        ME, model="4.0Ultra", max_retries=0, transport=script.sync, clock=script.clock
    )
    events: list[Event] = []
    whole = False
    try:
        stream = client.stream("你好", **OPTIONS[data[0] % len(OPTIONS) if data else 0])
        events.extend(stream)
        stream.response()
        whole = True
    finally:
        ends = [isinstance(event, Finished) for event in events]
        if ends.count(True) != whole or (whole and not ends[-1]) or script.open:
            raise AssertionError(f"{events}, whole: {whole}, left open: {script.open}")


def posted_answers(data: bytes) -> None:
    """The body of an answer of either service."""
    for decode in (decode_embedding, decode_image, read_error):
        try:
            decode(data)
        except SparkError:
            continue


def refusal(data: bytes) -> None:
    """A refused handshake: a line of status, one of date, one of Retry-After, the body."""
    status, date, retry_after, body = (data.split(b"\n", 3) + [b""] * 4)[:4]
    headers = {"date": date.decode("latin-1"), "retry-after": retry_after.decode("latin-1")}
    number = 100 + int.from_bytes(status[:2]) % 900
    raise status_error(HTTPStatusError(number, headers, body), seeds.NOW)


def chat_request(data: bytes) -> None:
    """A line of path and the frame of a client; what is accepted is answered."""
    named, _, raw = data.partition(b"\n")
    path = named.decode("latin-1")
    if path not in ROUTER:
        return
    request = decode_request(raw)
    spec = ROUTER.find(path, request)
    check(request, spec, seeds.APP_ID)
    seen = seen_chat(request, spec)
    check_length(seen)
    for written in response_frames(seen, respond(seen), "cht1", 8):
        decode_frame(written)


def posted_requests(data: bytes) -> None:
    """The body of a request to either service; what is accepted is answered."""
    for service in POST_SERVICES.values():
        for body in (data, seeds.embedding_of(data)):
            try:
                service.answer(body, seeds.APP_ID, "ase1")
            except RequestRefusedError:
                continue


def http(data: bytes) -> None:
    """What a client of signed POST sends on one connection."""
    for request in all_requests(data):
        verify_url(request.target, request.host, seeds.NOW, {"key1": "secret1"}.get, request.method)


def websocket(data: bytes) -> None:
    """What a client of the WebSocket sends: a handshake and a message."""
    target, host = websocket_message(data)
    verify_url(target, host, seeds.NOW, {"key1": "secret1"}.get)


TARGETS: dict[str, Target] = {
    "frame": Target(frame, seeds.frames),
    "answer": Target(answer, seeds.answers),
    "posted answers": Target(posted_answers, seeds.posted_answers),
    "refusal": Target(refusal, seeds.refusals),
    "chat request": Target(chat_request, seeds.chat_requests, (RequestRefusedError,)),
    "posted requests": Target(posted_requests, seeds.posted_requests, ()),
    "http": Target(http, seeds.http, (h11.RemoteProtocolError,)),
    "websocket": Target(websocket, seeds.websocket, ()),
    "gateway": Target(
        gateway.chat_completion, gateway.chat_completions, (GatewayError, SparkError)
    ),
    "response over http": Target(over_http.response, over_http.responses),
    "events over http": Target(over_http.events, over_http.chats),
    "posted over http": Target(over_http.posted, over_http.bodies, ()),
    "request over http": Target(over_http.request, over_http.requests, (MalformedError,)),
    "gateway connection": Target(gateway_connection.connection, gateway_connection.connections, ()),
}
