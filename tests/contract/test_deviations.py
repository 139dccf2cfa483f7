"""What is not as documented, and understood: all ways to ask give the whole answer and say so."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk
from llama_index.core.llms import ChatMessage

from iflytek_spark import AsyncSparkClient, ChatResponse, Message, SparkClient, errors
from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.protocol import deviations as counted
from iflytek_spark.protocol.deviations import Deviation, deviation_counts
from langchain_spark import ChatSpark
from llama_index_spark import SparkLLM
from tests._support.deviating import DEVIATING
from tests._support.frames import SID, answer, error, last, piece

GAP = DEVIATING["seq leaps"].frames


@pytest.fixture(scope="module")
def spark() -> Iterator[Emulator]:
    with running_emulator() as spark:
        yield spark


def sync_chat(spark: Emulator, **more: Any) -> ChatResponse:
    return SparkClient(spark.credentials, base_url=spark.base_url, **more).chat("你好")


def sync_stream(spark: Emulator) -> ChatResponse:
    with SparkClient(spark.credentials, base_url=spark.base_url).stream("你好") as stream:
        return stream.response()


def async_chat(spark: Emulator) -> ChatResponse:
    return asyncio.run(AsyncSparkClient(spark.credentials, base_url=spark.base_url).chat("你好"))


def async_stream(spark: Emulator) -> ChatResponse:
    async def read() -> ChatResponse:
        client = AsyncSparkClient(spark.credentials, base_url=spark.base_url)
        async with client.stream("你好") as stream:
            return await stream.response()

    return asyncio.run(read())


WAYS: tuple[Callable[[Emulator], ChatResponse], ...] = (
    sync_chat, sync_stream, async_chat, async_stream,
)  # fmt: skip


@pytest.mark.parametrize("ask", WAYS, ids=lambda ask: ask.__name__)
def test_every_deviation_is_answered_whole_and_named(
    spark: Emulator, ask: Callable[[Emulator], ChatResponse]
) -> None:
    assert len(DEVIATING) >= 25
    for name, case in DEVIATING.items():
        spark.script(faults.Replay(tuple(case.frames)))
        response = ask(spark)
        assert case.is_whole(response), (name, response)
        assert set(case.deviations) <= set(response.deviations), name
        assert bool(case.deviations) is bool(response.deviations), name


def test_a_strict_client_refuses_every_one(spark: Emulator) -> None:
    for name, case in DEVIATING.items():
        if case.deviations:
            spark.script(faults.Replay(tuple(case.frames)))
            with pytest.raises(errors.ProtocolError, match="not as documented"):
                sync_chat(spark, strict=True)
            assert name


LOST = {
    "no last frame": answer("你", "好", "。")[:-1],
    "status is never 2": [piece(0, "你"), piece(1, "好")],
    "invalid UTF-8": None,
    "no JSON": [piece(0, "你"), "<html>", last(1, "好")],
    "two frames in a list": [f"[{piece(0, '你')},{last(1, '好')}]"],
    "a call without a name": [last(0, function_call={"arguments": '{"a":1}'})],
}


def test_a_loss_stays_an_error(spark: Emulator) -> None:
    for name, frames in LOST.items():
        if frames is None:
            raw = piece(0, "你").encode().replace("你".encode(), b"\xe4\xbd")
            spark.script((faults.Replay(tuple(answer("好", "。"))), faults.RawFrame(raw)))
        else:
            spark.script(faults.Replay(tuple(frames)))
        with pytest.raises((errors.ProtocolError, errors.StreamInterruptedError)):
            sync_chat(spark)
        assert name


NULLS = {"payload": None, "x": None}
REFUSED = [
    {"header": {"code": 11200, "message": "no", "sid": SID}, **NULLS},
    {"header": {"code": 11200, "sid": None, "message": None, "status": None}},
    {"header": {"code": "11200", "message": ["no"], "sid": 5}, "payload": {"choices": None}},
    {"header": {"code": 11200.0}, "payload": {"choices": {"text": None}, "usage": None}},
    {"header": [{"code": 11200}], "payload": [None]},
    {"code": 11200, "message": "no", "sid": SID},
]


def test_nothing_hides_an_error_code(spark: Emulator) -> None:
    for frame in REFUSED:
        for before in ((), (piece(0, "一"),)):
            spark.script(faults.Replay((*before, json.dumps(frame))))
            with pytest.raises(errors.PermissionDeniedError) as caught:
                sync_chat(spark)
            assert caught.value.code == 11200
    spark.script(
        faults.Replay((piece(0, "一"), error(10013, "half").replace("half", "half \\ud83c")))
    )
    with pytest.raises(errors.ContentFilterError) as refused:
        sync_chat(spark)
    assert str(refused.value).encode()


def test_the_frameworks_pass_the_names_on(spark: Emulator) -> None:
    clients: dict[str, Any] = {"client": SparkClient(spark.credentials, base_url=spark.base_url)}
    spark.script(*[faults.Replay(tuple(GAP))] * 4)
    model = ChatSpark(**clients)
    assert model.invoke("你好").response_metadata["deviations"] == ["seq_gap"]
    chunk = AIMessageChunk(content="")
    for each in model.stream("你好"):
        assert isinstance(each, AIMessageChunk)
        chunk += each
    assert chunk.response_metadata["deviations"] == ["seq_gap"]
    llm = SparkLLM(**clients)
    raw: Any = llm.chat([ChatMessage("你好")]).raw
    assert raw["deviations"] == ["seq_gap"]
    *_, end = llm.stream_chat([ChatMessage("你好")])
    raw = end.raw
    assert raw["deviations"] == ["seq_gap"]


def test_each_kind_is_counted_and_logged_once_without_content(
    spark: Emulator, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = {kind: iter(range(sys.maxsize)) for kind in Deviation}
    monkeypatch.setattr(counted, "_counters", fresh)
    with caplog.at_level(logging.WARNING, "iflytek_spark"):
        for _ in range(3):
            spark.script(faults.Replay(tuple(GAP)))
            sync_chat(spark)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "seq_gap" in caplog.text
    assert "世界" not in caplog.text
    assert deviation_counts() == {"seq_gap": 3}


def test_an_answer_has_a_bound_in_bytes(spark: Emulator) -> None:
    client = SparkClient(spark.credentials, base_url=spark.base_url, max_response_bytes=1000)
    with pytest.raises(errors.ProtocolError, match="more than 1000 bytes") as caught:
        client.chat([Message("user", "讲一个很长的故事，" * 50)])
    assert "max_response_bytes" in caught.value.hint
    with pytest.raises(errors.ConfigurationError, match="max_response_bytes"):
        SparkClient(spark.credentials, max_response_bytes=0)
