"""structured_predict in its four ways: forced, validated, repaired once, with the system prompt."""

from __future__ import annotations

import asyncio
import json
from enum import StrEnum
from typing import Any, Literal

import pytest
from llama_index.core.llms import ChatMessage
from llama_index.core.program import FunctionCallingProgram
from llama_index.core.prompts import ChatPromptTemplate, PromptTemplate
from llama_index.core.types import PydanticProgramMode
from pydantic import BaseModel, Field

from iflytek_spark import errors
from iflytek_spark.emulator import Emulator, SeenRequest, faults
from llama_index_spark import SparkLLM
from tests._support.frames import answer, function_call
from tests._support.llama_index import SONG_PROMPT, WAYS, Song
from tests.llama_index_spark.conftest import MakeLLM, contents


class Node(BaseModel):
    """A tree, which no tool of Spark can be given."""

    name: str
    children: list[Node] = []


class Mood(StrEnum):
    HAPPY = "happy"
    SAD = "sad"


class Review(BaseModel):
    mood: Mood
    language: Literal["zh", "en"]
    songs: list[Song] = Field(min_length=1)


async def predict(
    llm: SparkLLM, output_cls: type[BaseModel], how: str, prompt: Any = SONG_PROMPT, **options: Any
) -> list[Any]:
    """Predict in one of the four ways, and return all objects."""
    if how == "plain":
        return [
            await asyncio.to_thread(
                llm.structured_predict, output_cls, prompt, options, topic="大海"
            )
        ]
    if how == "async":
        return [await llm.astructured_predict(output_cls, prompt, options, topic="大海")]
    if how == "stream":
        stream = llm.stream_structured_predict(output_cls, prompt, options, topic="大海")
        return await asyncio.to_thread(list, stream)
    found = await llm.astream_structured_predict(output_cls, prompt, options, topic="大海")
    return [each async for each in found]


def is_forced(request: SeenRequest) -> bool:
    return "务必调用函数" in contents(request)[-1][1]


@WAYS
async def test_an_object_is_predicted(llm: SparkLLM, spark: Emulator, how: str) -> None:
    (song,) = await predict(llm, Song, how)
    assert song == Song(title="大海", year=1988)
    (request,) = spark.requests
    assert is_forced(request)
    offered = request.body["payload"]["functions"]["text"]
    assert [(each["name"], each["description"]) for each in offered] == [("Song", "一首歌。")]


@WAYS
async def test_the_system_prompt_is_kept(make_llm: MakeLLM, spark: Emulator, how: str) -> None:
    await predict(make_llm(system_prompt="你是一位作曲家。"), Song, how)
    assert contents(spark.requests[-1])[0] == ("system", "你是一位作曲家。")


@WAYS
async def test_the_callers_choice_cannot_lift_the_force(
    llm: SparkLLM, spark: Emulator, how: str
) -> None:
    options = {"tool_choice": "none", "tool_required": False, "temperature": 0.9}
    assert (await predict(llm, Song, how, **options))[-1].year == 1988
    assert is_forced(spark.requests[-1])
    assert spark.requests[-1].body["parameter"]["chat"]["temperature"] == 0.9


WRONG = faults.Replay((function_call("Song", '{"title": "海", "year": 1800}'),))
BROKEN = faults.Replay((function_call("Song", '{"title": "海", "ye'),))
RIGHT = faults.Replay((function_call("Song", '{"title": "海", "year": 1990}'),))


@WAYS
@pytest.mark.parametrize("first", [WRONG, BROKEN], ids=["wrong", "broken"])
async def test_a_wrong_answer_is_repaired_once(
    llm: SparkLLM, spark: Emulator, how: str, first: faults.Fault
) -> None:
    spark.script(first, RIGHT)
    objects = await predict(llm, Song, how)
    assert objects[-1] == Song(title="海", year=1990)
    told = contents(spark.requests[1])[-1][1]
    assert "上面的输出不符合要求" in told
    assert "year" in told or "JSON" in told
    assert is_forced(spark.requests[1])


@WAYS
async def test_a_second_wrong_answer_is_an_error(llm: SparkLLM, spark: Emulator, how: str) -> None:
    spark.script(WRONG, WRONG)
    with pytest.raises(errors.SparkError, match="does not fit Song") as caught:
        await predict(llm, Song, how)
    assert isinstance(caught.value, ValueError)
    assert len(spark.requests) == 2


@WAYS
async def test_a_model_without_tools_writes_json(
    make_llm: MakeLLM, spark: Emulator, how: str
) -> None:
    objects = await predict(make_llm(model="lite"), Song, how)
    assert objects[-1].year == 1988
    told = contents(spark.requests[-1])[-1][1]
    assert "只输出一个 JSON 对象" in told
    assert json.dumps(Song.model_json_schema(), ensure_ascii=False) in told


@pytest.mark.parametrize("how", ["stream", "astream"])
async def test_json_comes_piece_by_piece(make_llm: MakeLLM, spark: Emulator, how: str) -> None:
    spark.script(faults.Replay(tuple(answer('{"title": "海', '上", ', '"year": 19', "90}", ""))))
    objects = await predict(make_llm(model="lite"), Song, how)
    assert [each.title for each in objects] == ["海", "海上", "海上", "海上"]
    assert objects[-1] == Song(title="海上", year=1990)


@WAYS
async def test_json_is_repaired_too(make_llm: MakeLLM, spark: Emulator, how: str) -> None:
    spark.script(
        faults.Replay(tuple(answer("好的", "，给你。", ""))),
        faults.Replay(tuple(answer('```json\n{"title": "海", "year": 1990}\n```', ""))),
    )
    objects = await predict(make_llm(model="lite"), Song, how)
    assert objects[-1] == Song(title="海", year=1990)
    assert contents(spark.requests[1])[1] == ("assistant", "好的，给你。")


@WAYS
async def test_what_no_tool_can_be_given_is_told_in_words(
    llm: SparkLLM, spark: Emulator, how: str
) -> None:
    objects = await predict(llm, Node, how)
    assert isinstance(objects[-1], Node)
    assert "functions" not in spark.requests[-1].body["payload"]


@WAYS
async def test_the_mode_of_the_program_is_obeyed(
    make_llm: MakeLLM, spark: Emulator, how: str
) -> None:
    llm = make_llm(pydantic_program_mode=PydanticProgramMode.LLM)
    assert (await predict(llm, Song, how))[-1].year == 1988
    assert "functions" not in spark.requests[-1].body["payload"]


@WAYS
async def test_nested_classes(llm: SparkLLM, how: str) -> None:
    prompt = PromptTemplate("Review of “Sea” in en, sad, 1988. Topic: {topic}")
    (review,) = await predict(llm, Review, how, prompt)
    assert isinstance(review, Review)
    assert (review.mood, review.language, review.songs[0].year) == (Mood.SAD, "en", 1988)


async def test_a_chat_prompt(llm: SparkLLM, spark: Emulator) -> None:
    prompt = ChatPromptTemplate(
        message_templates=[
            ChatMessage("你是一位作曲家。", role="system"),
            ChatMessage("编一首歌，title：{topic}，year：1988。"),
        ]
    )
    assert (await predict(llm, Song, "async", prompt))[-1] == Song(title="大海", year=1988)
    assert [role for role, _ in contents(spark.requests[-1])] == ["system", "user"]


@pytest.mark.parametrize("how", ["stream", "astream"])
async def test_an_early_end_closes_the_socket(make_llm: MakeLLM, spark: Emulator, how: str) -> None:
    frames = tuple(answer('{"title": "海', '上", ', '"year": 19', "90}", ""))[:2]
    spark.script((faults.Replay(frames), faults.Silence(after=2)))
    llm = make_llm(model="lite")
    if how == "stream":
        stream = llm.stream_structured_predict(Song, SONG_PROMPT, topic="海")
        assert next(stream).model_dump()["title"] == "海"
        stream.close()
    else:
        found = await llm.astream_structured_predict(Song, SONG_PROMPT, topic="海")
        assert (await anext(found)).model_dump()["title"] == "海"
        await found.aclose()
    assert await asyncio.to_thread(spark.wait_until_idle, 0.2)


@pytest.mark.filterwarnings("ignore:The `json` method is deprecated:DeprecationWarning")
def test_a_structured_llm(llm: SparkLLM) -> None:
    structured = llm.as_structured_llm(Song)
    response = structured.chat([ChatMessage("编一首歌，title：大海，year：1988。")])
    assert response.raw == Song(title="大海", year=1988)
    *_, last = structured.stream_chat([ChatMessage("编一首歌，title：大海，year：1988。")])
    assert last.raw == Song(title="大海", year=1988)


@pytest.mark.parametrize("streamed", [False, True])
def test_llamaindexs_own_program(llm: SparkLLM, streamed: bool) -> None:
    """It does not force streams, and looks for calls in additional_kwargs alone."""
    program = FunctionCallingProgram.from_defaults(
        output_cls=Song,
        prompt_template_str="请调用工具，编一首歌，title：{topic}，year：1988。",
        llm=llm,
    )
    if streamed:
        *_, song = program.stream_call(topic="大海")
    else:
        song = program(topic="大海")
    assert song == Song(title="大海", year=1988)
