"""Each dialect opens, writes and reads; both sides of its wire agree."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from iflytek_spark import (
    ChatOptions,
    ConfigurationError,
    Credentials,
    InvalidRequestError,
    Message,
    ModelSpec,
    SparkClient,
    StreamInterruptedError,
    Tool,
    ToolCall,
    ToolNotCalledError,
)
from iflytek_spark.models.catalogue import MODELS, find_model
from iflytek_spark.models.services import DIMENSIONS
from iflytek_spark.models.spec import Lacks
from iflytek_spark.protocol.chat import ChatProtocol
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.dialects import CHAT_DIALECTS
from iflytek_spark.protocol.dialects.signed_post import (
    Embedding,
    ImageGeneration,
    ImageToMake,
    TextToEmbed,
)
from iflytek_spark.protocol.steps import HTTPStatusError, Opening
from iflytek_spark.protocol.wire.chat_server import decode_request
from iflytek_spark.protocol.wire.embedding import (
    decode_embedding_request,
    encode_embedding_answer,
)
from iflytek_spark.protocol.wire.frame import Frame
from iflytek_spark.protocol.wire.image import decode_image_request, encode_image_answer
from iflytek_spark.protocol.wire.signing import verify_url
from iflytek_spark.requests.build import ChatRequest, build_request
from iflytek_spark.transports.mock import MockScript
from tests.unit.protocol.flow_helpers import ME, NOW
from tests.unit.protocol.post_helpers import call, ok, play

SECRETS = {ME.api_key: ME.api_secret}


def test_every_model_has_a_dialect() -> None:
    rows = [row for spec in MODELS for row in (spec, *spec.over)]
    assert {row.dialect for row in rows} <= CHAT_DIALECTS.keys()


def test_the_websocket() -> None:
    dialect = CHAT_DIALECTS["websocket"]
    url, headers, *_ = dialect.open("wss://host/v4.0/chat", ME, NOW)
    assert verify_url(url.removeprefix("wss://host"), "host", NOW, SECRETS.get) is None
    assert headers == {}
    request = build_request(find_model("4.0Ultra"), "你好", {"temperature": 0.5})
    read = decode_request(dialect.encode(request, "app1", "uid1"))
    assert (read.app_id, read.uid, read.numbers) == ("app1", "uid1", {"temperature": 0.5})
    assert [turn.content for turn in read.turns] == ["你好"]
    frame = {"header": {"code": 0}, "payload": {"choices": {"text": [{"content": "您"}]}}}
    assert dialect.decode(json.dumps(frame), Deviations()).content == "您"


@pytest.mark.parametrize("dialect", [Embedding(), ImageGeneration()])
def test_what_is_posted_is_signed_for_post(dialect: Embedding | ImageGeneration) -> None:
    url, headers, *_ = dialect.open("https://host/path", ME, NOW)
    assert verify_url(url.removeprefix("https://host"), "host", NOW, SECRETS.get, "POST") is None
    assert headers["Content-Type"] == "application/json"


def test_embeddings() -> None:
    dialect = Embedding()
    read = decode_embedding_request(dialect.encode(TextToEmbed("讯飞", "query"), "app1", "uid1"))
    assert (read.text, read.domain, read.app_id) == ("讯飞", "query", "app1")
    vector = [0.5, *[0.0] * (DIMENSIONS - 1)]
    assert dialect.decode(encode_embedding_answer("ase1", vector), Deviations()) == vector


def test_image_generation() -> None:
    dialect = ImageGeneration()
    read = decode_image_request(dialect.encode(ImageToMake("雪山", 512, 512), "app1", "uid1"))
    assert (read.prompt, read.width, read.height) == ("雪山", 512, 512)
    made = dialect.decode(encode_image_answer("img1", b"PNG"), Deviations())
    assert (made.data, made.sid) == (b"PNG", "img1")


def test_what_is_posted_has_no_tool_call_to_ask_for_again() -> None:
    def decode(body: bytes) -> str:
        raise ToolNotCalledError(body.decode())

    played = play(call(decode=decode), ok("text"))
    assert isinstance(played.error, ToolNotCalledError)
    assert len(played.posts) == 1


class PlainJSON:
    """A dialect that was made up here: a bearer's key, and a JSON text each way."""

    answers = ChatProtocol

    def open(self, url: str, credentials: Credentials, now: float) -> Opening:
        return Opening(url, {"Authorization": f"Bearer {credentials.api_key}"})

    def encode(self, request: ChatRequest, app_id: str, uid: str) -> str:
        turns = [[message.role, message.text] for message in request.messages]
        return json.dumps(
            {**request.parameters, "turns": turns, "choice": request.rules.tool_choice}
        )

    def decode(self, data: str | bytes, noted: Deviations) -> Frame:
        del noted
        delta = json.loads(data)
        return Frame(0, sid="p1", has_choices=True, last=delta["end"], content=delta["text"])


def test_a_further_dialect_is_a_row_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cast("dict[str, Any]", CHAT_DIALECTS), "plain", PlainJSON())
    spec = ModelSpec("mine", "m", "wss://host/chat", dialect="plain", lacks=Lacks(), tools=True)
    script = MockScript([['{"text": "晴", "end": false}', '{"text": "。", "end": true}']])
    client = SparkClient(ME, model=spec, transport=script.sync, clock=script.clock)
    turns = [
        Message("user", "合肥？"),
        Message("assistant", "", tool_calls=(ToolCall("c1", "weather", "{}"),)),
        Message("tool", "晴", tool_call_id="c1"),
    ]
    response = client.chat(turns, tools=[Tool("weather", "")], tool_choice="auto", max_tokens=9)
    assert (response.text, response.sid, response.model) == ("晴。", "p1", "mine")
    assert script.urls == ["wss://host/chat"]
    assert json.loads(script.sent[0]) == {
        "max_tokens": 9,
        "turns": [["user", "合肥？"], ["assistant", ""], ["tool", "晴"]],
        "choice": "auto",
    }


def test_a_further_dialect_is_cut_and_tried_again_as_every_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(cast("dict[str, Any]", CHAT_DIALECTS), "plain", PlainJSON())
    spec = ModelSpec("mine", "m", "wss://host/chat", dialect="plain", lacks=Lacks())
    whole = ['{"text": "好", "end": true}']
    script = MockScript([HTTPStatusError(503, {}, b""), whole, ['{"text": "好", "end": false}']])
    client = SparkClient(ME, model=spec, transport=script.sync, clock=script.clock)
    assert client.chat("你好").text == "好"
    with pytest.raises(StreamInterruptedError):
        client.chat("你好")


def test_a_dialect_that_is_not_known_is_named() -> None:
    spec = ModelSpec("mine", "m", "wss://host/chat", dialect="http")
    with pytest.raises(ConfigurationError, match="'http'") as caught:
        SparkClient(ME, model=spec).chat("你好")
    assert "websocket" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "wish"),
    [
        ("stop", "。"),
        ("tool_choice", "required"),
        ("response_format", {"type": "json_object"}),
    ],
)
def test_no_wish_is_lost_that_the_websocket_has_no_field_for(name: str, wish: Any) -> None:
    spec = ModelSpec("mine", "m", "wss://host/chat", lacks=Lacks(), tools=True)
    options = cast(ChatOptions, {name: wish, "tools": [Tool("weather", "")]})
    with pytest.raises(InvalidRequestError, match=f"no field for {name}") as caught:
        SparkClient(ME, model=spec, transport=MockScript([[]]).sync).chat("你好", **options)
    assert caught.value.param == name
