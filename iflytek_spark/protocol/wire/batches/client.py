"""The client's half of files and batches (PROTOCOL-HTTP.md §9).

Nobody here has seen an answer of the service: what is missing, or written in another form, is read
as far as it can be, and a status that is not known is kept as it came.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from iflytek_spark.errors import ProtocolError
from iflytek_spark.models.batches import Batch, BatchCounts, BatchFile, BatchProblem
from iflytek_spark.protocol.deviations import Deviation, Deviations, Seen
from iflytek_spark.protocol.wire.batches.shapes import ENDPOINT, WINDOW, NewBatchShape
from iflytek_spark.protocol.wire.lenient import (
    number_in,
    object_of,
    objects_in,
    objects_of,
    parse,
    text_of,
)
from iflytek_spark.protocol.wire.openai.error_reader import find_error

T = TypeVar("T")
_Object = Mapping[str, Any]

_ENDS = ("completed_at", "failed_at", "expired_at", "cancelled_at", "ended_at")
_SPELLINGS = {"canceled": "cancelled", "canceling": "cancelling"}
_MILLISECONDS = 100_000_000_000
"""A larger moment is none in seconds: that would be in the year 5138."""


class Page(NamedTuple, Generic[T]):
    """A page of a list.

    Attributes:
        items: what it lists.
        more: whether a further page follows, or None where the service does not say.
    """

    items: tuple[T, ...]
    more: bool | None


def encode_new_batch(file_id: str, metadata: Mapping[str, str]) -> str:
    """Write the body that makes a batch of a file."""
    body: NewBatchShape = {
        "input_file_id": file_id,
        "endpoint": ENDPOINT,
        "completion_window": WINDOW,
    }
    if metadata:
        body["metadata"] = dict(metadata)
    return json.dumps(body, ensure_ascii=False)


def decode_file(data: str | bytes, noted: Deviations) -> BatchFile:
    """Read a file.

    Raises:
        APIError: for an error of the service, whatever the HTTP status was.
        ProtocolError: when there is no file's id in it.
    """
    return _file(_whole(data, noted), noted)


def decode_batch(data: str | bytes, noted: Deviations) -> Batch:
    """Read a batch.

    Raises:
        APIError: for an error of the service, whatever the HTTP status was.
        ProtocolError: when there is no batch's id in it.
    """
    return _batch(_whole(data, noted), noted)


def decode_files(data: str | bytes, noted: Deviations) -> Page[BatchFile]:
    """Read a page of files; see :func:`decode_file`."""
    return _page(data, noted, _file)


def decode_batches(data: str | bytes, noted: Deviations) -> Page[Batch]:
    """Read a page of batches; see :func:`decode_batch`."""
    return _page(data, noted, _batch)


def decode_deleted(data: str | bytes, noted: Deviations) -> bool:
    """Read whether a file is gone: whatever is no error says so, unless it says the contrary.

    Raises:
        APIError: for an error of the service, whatever the HTTP status was.
    """
    return _body(data, noted).get("deleted") is not False


def _body(data: str | bytes, noted: Deviations) -> _Object:
    seen = Seen()
    body = parse(data, seen)
    is_good = isinstance(body, dict) and _is_success(body)
    found = None if is_good else find_error(body)
    if found is not None:
        raise found.error()
    if not isinstance(body, dict):
        raise ProtocolError("Spark sent an answer that is no JSON object")
    noted.update(seen)
    return body


def _is_success(body: _Object) -> bool:
    """Tell whether an envelope around what was asked for says no error."""
    code = number_in(body.get("code", 0), Seen())
    return not body.get("error") and code == 0 and bool(body.keys() & {"id", "data"})


def _whole(data: str | bytes, noted: Deviations) -> _Object:
    """Return the object of an answer, which may stand in an envelope."""
    body = _body(data, noted)
    inner = body.get("data")
    return inner if "id" not in body and isinstance(inner, dict) else body


def _page(
    data: str | bytes, noted: Deviations, read: Callable[[_Object, Deviations], T]
) -> Page[T]:
    body = _body(data, noted)
    inner = body.get("data")
    while isinstance(inner, dict):  # an envelope, or a page of another form
        body, inner = inner, next((each for each in inner.values() if isinstance(each, list)), None)
    items = objects_in([] if inner is None else inner, noted)
    more = body.get("has_more")
    return Page(tuple(read(item, noted) for item in items), more if type(more) is bool else None)


def _file(item: _Object, noted: Deviations) -> BatchFile:
    return BatchFile(
        id=_id(item, "file", noted),
        name=_text(item, "filename", noted),
        purpose=_text(item, "purpose", noted),
        size=_number(item, "bytes", noted),
        created_at=_moment(item, "created_at", noted),
        expires_at=_moment(item, "expires_at", noted),
    )


def _batch(item: _Object, noted: Deviations) -> Batch:
    status = _text(item, "status", noted).strip().lower().replace(" ", "_").replace("-", "_")
    ends = (_moment(item, key, noted) for key in _ENDS)
    return Batch(
        id=_id(item, "batch", noted),
        status=_SPELLINGS.get(status, status),
        input_file_id=_text(item, "input_file_id", noted),
        output_file_id=_text(item, "output_file_id", noted),
        error_file_id=_text(item, "error_file_id", noted),
        endpoint=_text(item, "endpoint", noted),
        completion_window=_text(item, "completion_window", noted),
        created_at=_moment(item, "created_at", noted),
        expires_at=_moment(item, "expires_at", noted),
        ended_at=next((moment for moment in ends if moment), None),
        counts=_counts(item, noted),
        metadata=_metadata(item, noted),
        problems=tuple(_problem(each, noted) for each in _problems(item, noted)),
    )


def _counts(item: _Object, noted: Deviations) -> BatchCounts:
    if item.get("request_counts") is None:
        return BatchCounts()
    counts = object_of(item, "request_counts", noted)
    return BatchCounts(*(_number(counts, key, noted) for key in ("total", "completed", "failed")))


def _metadata(item: _Object, noted: Deviations) -> dict[str, str]:
    if item.get("metadata") is None:
        return {}
    given = object_of(item, "metadata", noted)
    return {key: text_of(given, key, noted) for key in given}


def _problems(item: _Object, noted: Deviations) -> list[dict[str, Any]]:
    """Return what is wrong with the input: OpenAI's list in an object, a bare list, or a text."""
    errors = item.get("errors")
    if not errors:
        return []
    if isinstance(errors, dict) and "data" in errors:
        return objects_of(errors, "data", noted)
    return objects_in(errors, noted)


def _problem(item: _Object, noted: Deviations) -> BatchProblem:
    message = _text(item, "message", noted) or _text(item, "content", noted)
    return BatchProblem(_text(item, "code", noted), message, _number(item, "line", noted))


def _id(item: _Object, what: str, noted: Deviations) -> str:
    found = _text(item, "id", noted) or _text(item, f"{what}_id", noted)
    if not found:
        raise ProtocolError(f"Spark sent a {what} without an id")
    return found


def _text(item: _Object, key: str, noted: Deviations) -> str:
    """Read a text in whose place null is as usual as none."""
    return "" if item.get(key) is None else text_of(item, key, noted)


def _number(item: _Object, key: str, noted: Deviations) -> int | None:
    """Read a count in whose place null is as usual as none."""
    if item.get(key) is None:
        return None
    number = number_in(item[key], noted)
    if number is None:
        noted.add(Deviation.VALUE_LEFT_OUT)
    return number


def _moment(item: _Object, key: str, noted: Deviations) -> int | None:
    """Read a moment in seconds, or in milliseconds; zero stands for none."""
    moment = _number(item, key, noted) or None
    return moment // 1000 if moment and moment > _MILLISECONDS else moment
