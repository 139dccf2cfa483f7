"""Files and batches of a service that nobody here has seen: read as far as can be."""

from __future__ import annotations

import json

import pytest

from iflytek_spark import BadRequestError, NotFoundError, ProtocolError, SparkError
from iflytek_spark.batches import Batch, BatchCounts, BatchFile
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.wire.batches import client as wire


def batch_of(body: object) -> Batch:
    return wire.decode_batch(json.dumps(body), Deviations())


@pytest.mark.parametrize(
    ("body", "batch"),
    [
        ({"id": "b"}, Batch("b", "")),
        ({"id": "b", "status": "completed", "errors": None, "output_file_id": None, "error": None},
         Batch("b", "completed")),
        ({"id": "b", "status": "In Progress"}, Batch("b", "in_progress")),
        ({"id": "b", "status": "canceled"}, Batch("b", "cancelled")),
        ({"id": "b", "status": "queueing"}, Batch("b", "queueing")),
        ({"batch_id": 7, "status": "completed"}, Batch("7", "completed")),
        ({"id": "b", "status": "completed", "created_at": "1790000000", "completed_at": 1.79e9},
         Batch("b", "completed", created_at=1790000000, ended_at=1790000000)),
        ({"id": "b", "status": "completed", "created_at": 1790000000123},
         Batch("b", "completed", created_at=1790000000)),
        ({"id": "b", "status": "x", "request_counts": {"total": "3", "failed": None}},
         Batch("b", "x", counts=BatchCounts(3))),
        ({"code": 0, "message": "success", "data": {"id": "b", "status": "failed"}},
         Batch("b", "failed")),
    ],
)  # fmt: skip
def test_a_batch_is_read_in_any_form(body: object, batch: Batch) -> None:
    assert batch_of(body) == batch


def test_an_unknown_status_has_ended_when_there_is_an_end() -> None:
    assert not batch_of({"id": "b", "status": "queueing"}).ended
    assert batch_of({"id": "b", "status": "partially_completed", "completed_at": 1}).ended
    assert not batch_of({"id": "b", "status": "in_progress", "completed_at": 1}).ended


@pytest.mark.parametrize(
    ("errors", "problems"),
    [
        ({"data": [{"code": "x", "message": "no", "line": 3}]}, [("x", "no", 3)]),
        ([{"code": 10005, "message": "no", "line": "3"}], [("10005", "no", 3)]),
        ("no", [("", "no", None)]),
        ({}, []),
    ],
)
def test_what_is_wrong_with_a_file_is_read_in_any_form(
    errors: object, problems: list[tuple[str, str, int | None]]
) -> None:
    found = batch_of({"id": "b", "status": "failed", "errors": errors}).problems
    assert [(each.code, each.message, each.line) for each in found] == problems


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"message": "no", "type": "not_found_error"}}, NotFoundError),
        ({"code": 10005, "message": "no"}, BadRequestError),
        ({"code": "10005", "message": "no", "id": "b"}, BadRequestError),
        ({"status": "completed"}, ProtocolError),
        ([], ProtocolError),
        ("x", ProtocolError),
    ],
)
def test_an_error_of_any_form_is_one(body: object, kind: type[SparkError]) -> None:
    with pytest.raises(kind):
        batch_of(body)


@pytest.mark.parametrize(
    "body",
    [
        {"object": "list", "data": [{"id": "f", "bytes": "5"}], "has_more": False},
        {"data": [{"file_id": "f", "bytes": 5.0}]},
        {"code": 0, "data": {"total": 1, "records": [{"id": "f", "bytes": 5}]}},
    ],
)
def test_a_page_is_read_in_any_form(body: object) -> None:
    page = wire.decode_files(json.dumps(body), Deviations())
    assert page.items == (BatchFile("f", size=5),)


@pytest.mark.parametrize("body", [{"data": []}, {"data": None}, {"code": 0, "data": {}}])
def test_a_page_may_be_empty(body: object) -> None:
    assert wire.decode_files(json.dumps(body), Deviations()).items == ()
