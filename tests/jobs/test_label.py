"""A file of rows is labelled: each id once, in any kind of file, and never twice paid."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from iflytek_spark import JobError, SparkClient
from iflytek_spark.emulator import Reply, SeenChat, faults
from iflytek_spark.jobs import LabelOptions, embed, label, plan, status
from iflytek_spark.rates import Limit
from tests.jobs.support import client_of, counting, fast_rate, read_output, write_rows

KINDS = ("jsonl", "csv", "parquet")


@pytest.mark.parametrize("output", KINDS)
@pytest.mark.parametrize("source", KINDS)
def test_each_id_stands_once_in_the_output_in_its_order(
    source: str, output: str, tmp_path: Path
) -> None:
    rows = write_rows(tmp_path / f"in.{source}", 30)
    out = tmp_path / f"out.{output}"
    with counting() as (spark, calls):
        done = label(rows, out, prompt="Q: {text}", via="live", client=client_of(spark))
    assert [row["id"] for row in read_output(out)] == [f"r{n}" for n in range(1, 31)]
    assert [row["output"] for row in read_output(out)] == [
        f"label of Q: review {n}" for n in range(1, 31)
    ]
    assert (done.rows, done.errors, done.asked, calls.total) == (30, 0, 30, 30)
    assert done.input_tokens > 0


def test_a_finished_job_that_is_run_again_makes_no_call(tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 10), tmp_path / "out.jsonl"
    with counting() as (spark, calls):
        for _ in range(2):
            done = label(rows, out, prompt="{text}", via="live", client=client_of(spark))
        assert (calls.total, done.asked, done.rows) == (10, 0, 10)
        out.unlink()  # it is written from the journal again
        label(rows, out, prompt="{text}", via="live", client=client_of(spark))
        assert calls.total == 10
    assert len(read_output(out)) == 10


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"prompt": "Other: {text}"}, 'prompt: it was "{text}", and is "Other: {text}" now'),
        ({"model": "lite"}, "model: "),
        ({"temperature": 0.3}, "options: "),
        ({"schema": {"type": "object"}}, "schema: it was null"),
        ({"id": "text"}, 'id: it was "id", and is "text" now'),
    ],
)
def test_a_changed_job_is_refused_in_words(change: LabelOptions, word: str, tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 3), tmp_path / "out.jsonl"
    with counting() as (spark, calls):
        asked: LabelOptions = {"prompt": "{text}", "via": "live", "client": client_of(spark)}
        other: LabelOptions = {**asked, **change}
        label(rows, out, **asked)
        with pytest.raises(JobError, match="is of another job") as caught:
            label(rows, out, **other)
        assert word in str(caught.value)
        assert calls.total == 3


def test_a_changed_input_is_refused(tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 3), tmp_path / "out.jsonl"
    with counting() as (spark, _):
        label(rows, out, prompt="{text}", via="live", client=client_of(spark))
        write_rows(rows, 4)
        with pytest.raises(JobError, match="input: the file has changed"):
            label(rows, out, prompt="{text}", via="live", client=client_of(spark))


def test_an_output_that_is_no_job_of_ours_is_not_written_over(tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 3), tmp_path / "out.jsonl"
    out.write_text("precious\n")
    with counting() as (spark, calls), pytest.raises(JobError, match="no journal of it"):
        label(rows, out, prompt="{text}", via="live", client=client_of(spark))
    assert (out.read_text(), calls.total) == ("precious\n", 0)


def test_a_row_that_is_refused_is_an_error_with_its_code(tmp_path: Path) -> None:
    def answer(request: SeenChat) -> Reply | None:
        if request.text.endswith(("r 3", "w 3")):
            return Reply(fault=faults.ErrorFrame(10013))
        return Reply("fine")

    rows, out = write_rows(tmp_path / "in.jsonl", 5), tmp_path / "out.jsonl"
    with counting(answer) as (spark, calls):
        done = label(rows, out, prompt="{text}", via="live", client=client_of(spark))
        assert (done.rows, done.errors) == (5, 1)
        third = read_output(out)[2]
        assert (third["id"], third["output"], third["error_code"]) == ("r3", None, "10013")
        assert "moderation" in third["error_message"]
        assert (
            label(
                rows, out, prompt="{text}", via="live", client=client_of(spark), retry_errors=True
            ).asked
            == 1
        )
        assert calls.total == 6


class Label(BaseModel):
    """What a review is."""

    good: bool


YES = {"good": True}
SCHEMA = {"type": "object", "properties": {"good": {"type": "boolean"}}, "required": ["good"]}


@pytest.mark.parametrize("schema", [Label, SCHEMA], ids=["pydantic", "JSON schema"])
def test_answers_are_validated_and_asked_for_once_more(
    schema: type[Label] | dict[str, object], tmp_path: Path
) -> None:
    def answer(request: SeenChat) -> Reply | None:
        first = request.messages[0].text
        if "review 2" in first and len(request.messages) == 1:
            return Reply("I like it")
        if "review 3" in first:
            return Reply('{"good": "perhaps"}')
        return Reply('```json\n{"good": true}\n```')

    rows, out = write_rows(tmp_path / "in.jsonl", 4), tmp_path / "out.jsonl"
    with counting(answer) as (spark, calls):
        done = label(rows, out, prompt="{text}", schema=schema, via="live", client=client_of(spark))
    found = read_output(out)
    assert [row["output"] for row in found] == [
        {"good": True},
        {"good": True},
        None,
        {"good": True},
    ]
    assert found[2]["error_code"] == "InvalidResponseError"
    assert (calls.total, done.errors) == (6, 1)


def test_conversations_stand_in_a_column(tmp_path: Path) -> None:
    turns = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hello"}]
    rows, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows.write_text(json.dumps({"id": 1, "messages": turns}) + "\n")
    with counting(lambda request: Reply(request.messages[0].text)) as (spark, _):
        label(rows, out, messages="messages", via="live", client=client_of(spark))
    assert read_output(out)[0]["output"] == "Be short."
    assert read_output(out)[0]["id"] == 1


@pytest.mark.parametrize("output", KINDS)
def test_vectors_of_many_rows_go_in_one_call(output: str, tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 120), tmp_path / f"v.{output}"
    with counting() as (spark, _):
        client = client_of(spark)
        model = "xop3qwen8bembedding"
        found = plan(rows, out, text="text", model=model, dimensions=32, client=client)
        done = embed(rows, out, text="text", model=model, dimensions=32, client=client)
        assert len(spark.account.times("embeddings")) == 3
        wanted = client.embed(["review 7"], model=model, dimensions=32)
    seventh = read_output(out)[6]["output"]
    assert (json.loads(seventh) if output == "csv" else seventh) == wanted[0]
    assert (done.rows, done.errors, found.via, found.paid_twice) == (120, 0, "live", 120)


def test_calls_keep_to_the_accounts_rate(tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 30), tmp_path / "out.jsonl"
    with counting(limits={"chat": Limit(20)}) as (spark, _):
        client = client_of(spark, fast_rate(Limit(20)))
        done = label(rows, out, prompt="{text}", via="live", client=client, concurrency=30)
        times = spark.account.times("chat")
    assert (done.errors, len(times)) == (0, 30), "none was refused"
    assert max(sum(start <= each < start + 1 for each in times) for start in times) <= 20


def test_a_client_without_a_rate_gets_the_usual_one(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "in.jsonl", 7056)
    with counting() as (spark, _):
        client = SparkClient(spark.credentials, base_url=spark.base_url)
        found = plan(rows, tmp_path / "out.jsonl", prompt="{text}", client=client)
    assert found.hours_live == pytest.approx(1.0)  # at 2 a second, 2 % below


def test_a_dead_account_stops_the_job_and_makes_no_errors_of_rows(tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 200), tmp_path / "out.jsonl"
    answer = [faults.ErrorFrame(11200)]

    def respond(request: SeenChat) -> Reply | None:
        return Reply(fault=answer[0]) if answer else Reply("fine")

    with counting(respond) as (spark, calls):
        with pytest.raises(JobError, match="the job has stopped") as caught:
            label(rows, out, prompt="{text}", via="live", client=client_of(spark))
        assert caught.value.code == 11200
        assert calls.total <= 16
        assert (status(out).done, out.exists()) == (0, False)
        answer.clear()
        done = label(rows, out, prompt="{text}", via="live", client=client_of(spark))
    assert (done.rows, done.errors) == (200, 0)
