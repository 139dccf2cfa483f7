"""Lines of results become answers, failures and words about lines, whatever they look like."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark import BadRequestError, ContentFilterError, RateLimitError, SparkError
from iflytek_spark.assumptions import MAX_MESSAGE_BYTES
from iflytek_spark.batches import Batch, BatchAnswer, BatchCounts, BatchFailure, BatchResult
from iflytek_spark.batches.results import ResultJoiner
from iflytek_spark.protocol.reading import Reading


def answer(text: str = "yes") -> dict[str, Any]:
    return {
        "code": 0,
        "message": "Success",
        "sid": "cha1",
        "choices": [{"message": {"role": "assistant", "content": text}, "index": 0}],
        "usage": {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5},
    }


def line(custom_id: str, body: object = None, **more: object) -> dict[str, object]:
    response = {"status_code": 200, "request_id": "cha1", "body": body or answer()}
    return {"id": "1", "custom_id": custom_id, "response": response, "error": None, **more}


def joined(
    lines: Iterable[object], ids: list[str] | None = None, total: int | None = None
) -> tuple[list[BatchResult], ResultJoiner]:
    batch = Batch("batch_1", "completed", counts=BatchCounts(total))
    joiner = ResultJoiner(batch, ids, None, None, Reading())
    results: list[BatchResult] = []
    for number, each in enumerate(lines, 1):
        data = each if isinstance(each, bytes) else json.dumps(each).encode()
        results += joiner.add("file_1", number, data)
    return [*results, *joiner.end()], joiner


KINDS = st.sampled_from(["answer", "failure", "twice", "both", "missing"])


@given(st.dictionaries(st.text(min_size=1, max_size=5).filter(str.strip), KINDS), st.randoms())
def test_each_row_has_one_result_in_any_order(rows: dict[str, str], chance: Any) -> None:
    lines = []
    for key, kind in rows.items():
        failed = line(key, response=None, error={"code": "10012", "message": "no"})
        lines += {
            "answer": [line(key)],
            "failure": [failed],
            "twice": [line(key), line(key)],
            "both": [failed, line(key)],
            "missing": [],
        }[kind]
    chance.shuffle(lines)
    results, joiner = joined(lines, list(rows))
    summary = joiner.summary()
    answered = [each.custom_id for each in results if isinstance(each, BatchAnswer)]
    failed_ids = [each.custom_id for each in results if isinstance(each, BatchFailure)]

    def of(*kinds: str) -> set[str]:
        return {key for key, kind in rows.items() if kind in kinds}

    assert len(answered) == len(set(answered)) == summary.answered
    assert set(answered) == of("answer", "twice", "both")
    assert failed_ids == list(dict.fromkeys(failed_ids))
    assert set(failed_ids) == of("failure")
    assert set(summary.repeated) == of("twice", "both")
    assert set(summary.missing) == of("missing")
    assert summary.usage.total_tokens == 5 * summary.answered


READ = [
    ("as documented", line("1")),
    ("body as a text", line("1", json.dumps(answer()))),
    ("body bare", line("1", response=answer())),
    ("status as a text", line("1", response={"status_code": "200", "body": answer()})),
    ("id as a number", {**line("x"), "custom_id": 1}),
    ("OpenAI's form", line("1", {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "x",
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": "yes"}}],
        "usage": {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5},
    })),
]  # fmt: skip


@pytest.mark.parametrize("given_line", [each for _, each in READ], ids=[name for name, _ in READ])
def test_an_answer_is_read_in_any_form(given_line: object) -> None:
    (result,), joiner = joined([given_line])
    assert isinstance(result, BatchAnswer)
    assert (result.custom_id, result.response.text) == ("1", "yes")
    assert joiner.summary().usage.total_tokens == 5


FAILED: list[tuple[str, object, type[SparkError], int | None]] = [
    ("code as a text", line("1", response=None, error={"code": "10013", "message": "no"}),
     ContentFilterError, 10013),
    ("error in the body", line("1", response={
        "status_code": 400, "body": {"error": {"message": "no (sid: cha7)", "code": "10005"}},
    }), BadRequestError, 10005),
    ("error with status 200", line("1", {"code": 10013, "message": "no", "sid": "cha1"}),
     ContentFilterError, 10013),
    ("status alone", line("1", response={"status_code": 429, "body": {}}), RateLimitError, None),
    ("nothing at all", line("1", response=None), SparkError, None),
    ("body that is no JSON", line("1", "{"), SparkError, None),
    ("answer that is not whole", line("1", {"code": 0, "sid": "1", "choices": []}),
     SparkError, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("given_line", "kind", "code"), [row[1:] for row in FAILED], ids=[row[0] for row in FAILED]
)
def test_a_failure_is_typed_and_has_its_code(
    given_line: object, kind: type[SparkError], code: int | None
) -> None:
    (result,), joiner = joined([given_line])
    assert isinstance(result, BatchFailure)
    assert isinstance(result.error, kind)
    assert (result.custom_id, result.code, joiner.summary().failed) == ("1", code, 1)


GARBLED = [
    (b"{", "not JSON"),
    (b"\xff\xfe", "not UTF-8"),
    (b"[]", "no JSON object"),
    (b'{"response": {}}', "no custom_id"),
    (b'{"custom_id": null}', "no custom_id"),
    (b'{"error": {"code": "10404", "message": "gone"}}', "it is an error"),
    (b"x" * (MAX_MESSAGE_BYTES + 1), "more than"),
]


@pytest.mark.parametrize(("data", "words"), GARBLED, ids=[words for _, words in GARBLED])
def test_what_belongs_to_no_row_is_told_with_its_line(data: bytes, words: str) -> None:
    results, joiner = joined([line("1"), data, line("2")], ["1", "2"])
    (told,) = joiner.summary().unreadable
    assert results[1] == told
    assert (told.file_id, told.line) == ("file_1", 2)
    assert words in told.reason
    assert joiner.summary().answered == 2


def test_blank_lines_are_none_and_count() -> None:
    results, joiner = joined([b"", line("1"), b"  ", b"{"])
    assert [each.line for each in results] == [2, 4]
    assert joiner.summary().answered == 1


def test_an_answer_without_counts_is_told() -> None:
    body = answer()
    del body["usage"]
    body["choices"][0]["finish_reason"] = "stop"
    _, joiner = joined([line("1", body), line("2")])
    assert (joiner.summary().unmetered, joiner.summary().usage.total_tokens) == (1, 5)
