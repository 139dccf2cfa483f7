"""Valid inputs to begin with, written by the product's own encoders."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from urllib.parse import urlsplit

from iflytek_spark import Citation, Message, Tool, Usage
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.models.services import DIMENSIONS
from iflytek_spark.protocol.wire.chat_client import encode_request
from iflytek_spark.protocol.wire.chat_server import encode_answer, encode_error, encode_search
from iflytek_spark.protocol.wire.embedding import (
    encode_embedding,
    encode_embedding_answer,
)
from iflytek_spark.protocol.wire.image import encode_image_answer, encode_image_request
from iflytek_spark.protocol.wire.values import Delta, FunctionCall
from iflytek_spark.requests.build import ChatRequest, build_request

APP_ID = "app1"
NOW = 1736150400.0
_SID = "cht000b702a@dx18d6fb9d758b894540"
_USAGE = Usage(3, 4, 7)
_ANSWERS = {
    "text": [Delta("您"), Delta("好，世界"), Delta("")],
    "reasoning": [Delta(reasoning="想"), Delta("答", reasoning="")],
    "call": [Delta(call=FunctionCall("天气", '{"city":"合肥"}'))],
    "json": [Delta('```json\n{"a":'), Delta("1}\n```")],
    "markup": [Delta("<function=天气>"), Delta('{"city":"合肥"}</function>')],
}
_HEAD = (
    "{method} {path}?authorization=YXBp&date=Mon%2C+06+Jan+2025+08%3A00%3A00+GMT&host=spark"
    " HTTP/1.1\r\nHost: spark\r\n"
)
_UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n"
)


def _exchanges() -> Iterator[list[str]]:
    for pieces in _ANSWERS.values():
        yield list(encode_answer(_SID, pieces, _USAGE, 2))
    page = Citation(1, "https://example.com", "题")
    yield [encode_search(_SID, [page]), *encode_answer(_SID, _ANSWERS["text"], _USAGE, 2)]
    begun = list(encode_answer(_SID, _ANSWERS["text"], _USAGE, 2))[:2]
    yield [*begun, encode_error(_SID, 10019, "flagged")]
    yield [encode_error(_SID, 11200, "AppIdNoAuthError:(15:24:29.825) tokens.total")]


def frames() -> Iterator[bytes]:
    """Each frame of each exchange."""
    for exchange in _exchanges():
        yield from (raw.encode() for raw in exchange)


def answers() -> Iterator[bytes]:
    """Whole exchanges, with each of the first options."""
    for exchange in _exchanges():
        for options in range(6):
            yield bytes([options]) + "\n".join(exchange).encode()


def posted_answers() -> Iterator[bytes]:
    """A vector, an image, an error."""
    yield encode_embedding_answer("ase1", [0.5] * DIMENSIONS)
    yield encode_embedding_answer("ase1", [0.5])
    yield encode_image_answer("cht1", b"\x89PNG")
    yield encode_error("ase1", 11202, "AppIdQpsOverFlowError").encode()


def refusals() -> Iterator[bytes]:
    """Each of the service's own."""
    date = b"Mon, 06 Jan 2025 08:00:00 GMT"
    for status in (401, 403, 404, 429, 503):
        number = struct.pack(">H", status - 100)
        yield b"\n".join((number, date, b"3", b'{"message":"HMAC signature does not match"}'))


def chat_requests() -> Iterator[bytes]:
    """What the client sends to several models."""
    tool = Tool("天气", "查询天气", {"type": "object", "properties": {"city": {"type": "string"}}})
    talk = [
        Message("system", "简短"),
        Message("user", "一"),
        Message("assistant", "二"),
        Message("user", "三"),
    ]
    for name in ("lite", "max", "4.0Ultra", "x1"):
        spec = find_model(name)
        yield _request(build_request(spec, talk if spec.system_role else "你好", {"top_k": 2}))
    ultra = find_model("4.0Ultra")
    yield _request(build_request(ultra, "合肥天气", {"tools": [tool], "web_search": True}))


def _request(request: ChatRequest) -> bytes:
    path = urlsplit(request.spec.url).path
    return f"{path}\n{encode_request(request, APP_ID, 'uid1')}".encode()


def posted_requests() -> Iterator[bytes]:
    """What the client posts, and the text that stands packed in one."""
    yield encode_embedding("秋天", "document", APP_ID, "uid1")
    yield encode_image_request("一只猫", 512, 512, APP_ID, "uid1")
    yield '{"messages":[{"content":"秋天","role":"user"}]}'.encode()


def embedding_of(packed: bytes) -> bytes:
    """A request for a vector, with any bytes in place of the packed text."""
    body = json.loads(encode_embedding("秋天", "query", APP_ID, "uid1"))
    body["payload"]["messages"]["text"] = base64.b64encode(packed).decode()
    return json.dumps(body).encode()


def http() -> Iterator[bytes]:
    """Requests with a length, in chunks, and two on one connection."""
    head = _HEAD.format(method="POST", path="/")
    plain = f"{head}Content-Length: 2\r\n\r\n{{}}"
    yield plain.encode()
    yield f"{plain}{plain}".encode()
    yield f"{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n".encode()


def websocket() -> Iterator[bytes]:
    """A handshake with nothing, with a message, and with one in parts."""
    head = (_HEAD.format(method="GET", path="/v4.0/chat") + _UPGRADE).encode()
    yield head
    yield head + b"\x81\x82\x00\x00\x00\x00{}"
    yield head + b"\x01\x81\x00\x00\x00\x00{\x89\x80\x00\x00\x00\x00\x80\x81\x00\x00\x00\x00}"
