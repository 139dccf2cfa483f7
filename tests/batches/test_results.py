"""Results: joined by ids, errors apart, nothing dropped without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from iflytek_spark import Credentials, InternalServerError, InvalidRequestError, Tool
from iflytek_spark.batches import (
    BatchAnswer,
    BatchFailure,
    BatchRequest,
    UnreadableLine,
    write_input_files,
)
from iflytek_spark.emulator import (
    BatchFate,
    BatchOptions,
    Call,
    Emulator,
    Reply,
    SeenChat,
    running_emulator,
)
from tests.batches.conftest import Caller, MakeCaller, written


def test_results_are_joined_whatever_their_order(
    caller: Caller, batch_spark: Emulator, tmp_path: Path
) -> None:
    batch_spark.script_batches(BatchFate(shuffled=True))
    file = written(tmp_path, 50)
    results, summary = caller.outcome(caller.run(file), ids=file, model="4.0Ultra")
    answers = [each for each in results if isinstance(each, BatchAnswer)]
    assert [each.custom_id for each in answers] != list(file.ids())
    assert {each.custom_id: each.response.text for each in answers} == {
        f"row-{number}": f"answer to question {number}" for number in range(50)
    }
    assert {each.response.model for each in answers} == {"4.0Ultra"}
    assert (summary.answered, summary.failed, summary.missing_count) == (50, 0, 0)
    assert summary.usage.total_tokens == sum(
        each.response.usage.total_tokens for each in answers if each.response.usage
    )
    assert (summary.price_class, summary.price_share) == ("batch", 0.3)


@pytest.mark.parametrize("errors", ["own_file", "output_file"])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_rows_that_failed_are_kept_apart_with_their_codes(
    make_caller: MakeCaller, kind: str, errors: str, tmp_path: Path
) -> None:
    options = BatchOptions(errors="own_file" if errors == "own_file" else "output_file")
    with running_emulator(batches=options) as spark:
        spark.script_batches(BatchFate(failing=10, code=10012))
        caller, file = make_caller(kind, spark), written(tmp_path, 30)
        results, summary = caller.outcome(caller.run(file), ids=file)
        failures = [each for each in results if isinstance(each, BatchFailure)]
        assert results[-3:] == failures
        assert [each.custom_id for each in failures] == ["row-9", "row-19", "row-29"]
        assert {each.code for each in failures} == {10012}
        assert {type(each.error) for each in failures} == {InternalServerError}
        assert (summary.answered, summary.failed) == (27, 3)


def test_missing_doubled_and_garbled_lines_are_told(
    caller: Caller, batch_spark: Emulator, tmp_path: Path
) -> None:
    batch_spark.script_batches(BatchFate(missing=10, repeated=7, garbled=12))
    file = written(tmp_path, 24)
    results, summary = caller.outcome(caller.run(file), ids=file)
    assert summary.missing == ("row-9", "row-11", "row-19", "row-23")
    assert summary.repeated == ("row-6", "row-13", "row-20")
    unreadable = [each for each in results if isinstance(each, UnreadableLine)]
    assert list(summary.unreadable) == unreadable
    assert [each.line for each in unreadable] == [12, 25]
    assert summary.answered == len(results) - len(unreadable) == 20


def test_without_ids_the_services_own_count_tells_how_many_are_missing(
    caller: Caller, batch_spark: Emulator, tmp_path: Path
) -> None:
    batch_spark.script_batches(BatchFate(missing=5))
    _, summary = caller.outcome(caller.run(written(tmp_path, 20)))
    assert (summary.missing, summary.missing_count) == ((), 4)


def test_rows_of_nobody_are_told_and_handed_out(caller: Caller, tmp_path: Path) -> None:
    batch = caller.run(written(tmp_path, 3))
    results, summary = caller.outcome(batch, ids=["row-0", "row-1", "other"])
    assert (summary.unexpected, summary.missing) == (("row-2",), ("other",))
    assert len(results) == 3


@pytest.mark.parametrize("early", ["expired", "cancelled"])
def test_partial_results_are_read(
    caller: Caller, batch_spark: Emulator, tmp_path: Path, early: Literal["expired", "cancelled"]
) -> None:
    batch_spark.script_batches(BatchFate(early), BatchFate(early, never_asked=True))
    file = written(tmp_path, 40)
    _, summary = caller.outcome(caller.run(file), ids=file)
    assert (summary.answered, len(summary.missing)) == (20, 20)
    results, summary = caller.outcome(caller.run(file), ids=file)
    assert (summary.answered, summary.failed, summary.missing) == (20, 20, ())
    failed = [each.error for each in results if isinstance(each, BatchFailure)]
    assert all(error.retryable and "never asked" in str(error) for error in failed)


def test_a_batch_without_results_says_so(make_caller: MakeCaller, tmp_path: Path) -> None:
    with running_emulator(batches=BatchOptions(delay=3600)) as spark:
        caller = make_caller("sync", spark)
        batch = caller.create_batch(caller.upload_file(written(tmp_path, 1)))
        with pytest.raises(InvalidRequestError, match="has no results yet"):
            caller.results(batch)


def test_a_failed_batch_has_no_results_and_all_rows_are_missing(
    caller: Caller, batch_spark: Emulator, tmp_path: Path
) -> None:
    batch_spark.script_batches(BatchFate("failed"))
    file = written(tmp_path, 2)
    results, summary = caller.outcome(caller.run(file), ids=file)
    assert (results, summary.missing) == ([], ("row-0", "row-1"))


def test_an_answer_is_read_by_what_was_asked(make_caller: MakeCaller, tmp_path: Path) -> None:
    """Stop strings, fences and renamed tools are this library's work, as in a live call."""
    tool = Tool("天气", "weather", {"type": "object", "properties": {}})
    as_schema = {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}
    rows = {
        "stop": BatchRequest("stop", "go", {"stop": "!"}),
        "json": BatchRequest("json", "json", {"response_format": as_schema}),
        "tool": BatchRequest("tool", "tool", {"tools": [tool], "unsupported": "ignore"}),
    }

    def respond(request: SeenChat) -> Reply:
        text = request.text
        if text.startswith("tool"):
            return Reply(calls=(Call(request.tools[0].name, {}),))
        return Reply("ready! steady" if text.startswith("go") else '```json\n{"a": 1}\n```')

    with running_emulator(respond=respond) as spark:
        caller = make_caller("sync", spark)
        (file,) = write_input_files(rows.values(), tmp_path)
        results, _ = caller.outcome(caller.run(file), ids=file, requests=rows)
        answers = {
            each.custom_id: each.response for each in results if isinstance(each, BatchAnswer)
        }
        assert answers["stop"].text == "ready"
        assert answers["json"].text == '{"a": 1}'
        assert [call.name for call in answers["tool"].tool_calls] == ["天气"]


def test_a_respond_that_fails_ends_the_batch_and_the_test(
    make_caller: MakeCaller, tmp_path: Path
) -> None:
    def respond(_: object) -> Reply:
        raise KeyError("mine")

    ended = []

    def program() -> None:
        with running_emulator(respond=respond) as spark:
            ended.append(make_caller("sync", spark).run(written(tmp_path, 2)))

    with pytest.raises(KeyError, match="mine"):
        program()
    assert ended[0].status == "failed"


def test_a_batch_over_a_whole_address(
    make_caller: MakeCaller, batch_spark: Emulator, tmp_path: Path
) -> None:
    """As users of OpenAI's client write it, and as others name the chat's own address."""
    for tail in ("/v1", "/v1/", "/v1/chat/completions"):
        password = Credentials(api_password=batch_spark.http_keys.api_password)
        url = batch_spark.http_url + tail
        caller = make_caller("sync", batch_spark, credentials=password, base_url=url)
        assert caller.run(written(tmp_path / tail.replace("/", "_"), 1)).succeeded
