"""Chains over files, and many inputs, as jobs: by batch and live, with parsers applied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser, StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from pydantic import BaseModel

from iflytek_spark import JobError
from iflytek_spark.emulator import Emulator, Reply, SeenChat, faults
from iflytek_spark.jobs import Via
from langchain_spark import ChatSpark, label_chain
from tests._support.service import settings_of
from tests.jobs.support import counting, fast_rate, read_output, write_rows

PROMPT = ChatPromptTemplate([("system", "Judge."), ("human", "Review: {text}")])
YES = {"good": True}
WAYS: tuple[Via, ...] = ("live", "batch")


def model(spark: Emulator, **settings: Any) -> ChatSpark:
    return ChatSpark.model_validate(settings_of(spark) | settings)


class Label(BaseModel):
    """What a review is."""

    good: bool


@pytest.mark.parametrize("via", WAYS)
@pytest.mark.parametrize("parser", [StrOutputParser(), JsonOutputParser(), None], ids=str)
def test_a_chain_runs_over_a_file_with_its_parser(parser: Any, via: Via, tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 6), tmp_path / "out.jsonl"
    with counting(lambda request: Reply('{"good": true}')) as (spark, calls):
        chain = PROMPT | model(spark, temperature=0.2)
        for _ in range(2):  # the second time it is finished
            done = label_chain(
                chain | parser if parser else chain,
                rows,
                out,
                via=via,
                rate=fast_rate(),
                interval=0.01,
            )
        assert (done.rows, done.errors, calls.total) == (6, 0, 6)
    wanted = {"good": True} if isinstance(parser, JsonOutputParser) else '{"good": true}'
    assert [row["output"] for row in read_output(out)] == [wanted] * 6


@pytest.mark.parametrize("via", WAYS)
def test_what_a_parser_refuses_is_asked_for_once_more(via: Via, tmp_path: Path) -> None:
    def answer(request: SeenChat) -> Reply:
        review = next(each.text for each in request.messages if "Review" in each.text)
        last = request.messages[-1].text
        good = "review 2" not in review or ("上面的输出" in last and "review 3" not in review)
        return Reply('{"good": true}' if good and "review 3" not in review else "perhaps")

    rows, out = write_rows(tmp_path / "in.jsonl", 4), tmp_path / "out.jsonl"
    with counting(answer) as (spark, calls):
        chain = PROMPT | model(spark) | PydanticOutputParser(pydantic_object=Label)
        done = label_chain(chain, rows, out, via=via, rate=fast_rate(), interval=0.01)
        assert (done.errors, calls.total) == (1, 6)
    found = read_output(out)
    assert [row["output"] for row in found] == [
        {"good": True},
        {"good": True},
        None,
        {"good": True},
    ]
    assert "the parser refuses the answer" in found[2]["error_message"]


def test_steps_before_and_behind_and_bound_options_are_the_chains(tmp_path: Path) -> None:
    seen: list[SeenChat] = []

    def answer(request: SeenChat) -> Reply:
        seen.append(request)
        return Reply("fine")

    def upper(row: dict[str, str]) -> dict[str, str]:
        return {"text": row["text"].upper()}

    rows, out = write_rows(tmp_path / "in.jsonl", 1), tmp_path / "out.jsonl"
    with counting(answer) as (spark, _):
        llm = model(spark).bind(max_tokens=77)
        chain = RunnableLambda(upper) | PROMPT | llm | StrOutputParser() | RunnableLambda(len)
        label_chain(chain, rows, out, via="live", rate=fast_rate())
    assert seen[0].messages[-1].text.endswith("Review: REVIEW 1")
    assert seen[0].options["max_tokens"] == 77
    assert read_output(out)[0]["output"] == 4


def test_a_changed_chain_is_refused(tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 1), tmp_path / "out.jsonl"
    with counting() as (spark, _):
        label_chain(PROMPT | model(spark), rows, out, via="live", rate=fast_rate())
        other = ChatPromptTemplate.from_template("Another: {text}")
        with pytest.raises(JobError, match="is of another job; chain"):
            label_chain(other | model(spark), rows, out, via="live", rate=fast_rate())


def test_a_chain_of_another_form_is_refused_in_words(tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 1), tmp_path / "out.jsonl"
    with counting() as (spark, calls):
        llm = model(spark)
        for chain in (llm, PROMPT, PROMPT | llm.with_structured_output(Label)):
            with pytest.raises(JobError, match="not a prompt, a ChatSpark"):
                label_chain(chain, rows, out)
        assert calls.total == 0


@pytest.mark.parametrize("via", WAYS)
def test_inputs_of_all_kinds_are_answered_in_their_order(via: Via, tmp_path: Path) -> None:
    inputs: list[LanguageModelInput] = [
        "one",
        [SystemMessage("Be short."), HumanMessage("two")],
        PROMPT.invoke({"text": "three"}),
    ]
    with counting() as (spark, calls):
        for _ in range(2):
            found = model(spark).batch_job(
                inputs, tmp_path / "out.jsonl", via=via, rate=fast_rate(), interval=0.01
            )
        assert calls.total == 3
    texts = [answer.text for answer in found if not isinstance(answer, JobError)]
    assert [text.rpartition(" ")[2] for text in texts] == ["one", "two", "three"]
    first = found[0]
    assert not isinstance(first, JobError)
    assert first.usage_metadata
    assert first.response_metadata["finish_reason"] == "stop"


def test_an_input_that_failed_is_raised_or_returned(tmp_path: Path) -> None:
    def answer(request: SeenChat) -> Reply:
        fault = faults.ErrorFrame(10013) if "two" in request.text else None
        return Reply("fine", fault=fault)

    with counting(answer) as (spark, _):
        llm = model(spark)
        for _ in range(2):
            with pytest.raises(JobError, match=r"input 2: .*moderation"):
                llm.batch_job(["one", "two"], tmp_path / "out.jsonl", via="live", rate=fast_rate())
        found = llm.batch_job(
            ["one", "two"],
            tmp_path / "out.jsonl",
            via="live",
            rate=fast_rate(),
            return_exceptions=True,
        )
    assert isinstance(found[1], JobError)
    assert (found[1].row, found[1].code) == (2, 10013)
    assert not isinstance(found[0], JobError)
