"""A row of a batch, checked as a live call is, and written as a line of an input file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from iflytek_spark.errors import InvalidRequestError, SparkError
from iflytek_spark.messages import Message
from iflytek_spark.models.catalogue import find_model, list_models
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.wire.batches.lines import encode_row
from iflytek_spark.protocol.wire.batches.rows import check_body_size, check_id, row_error
from iflytek_spark.protocol.wire.openai.chat_writer import SPARK_OPEN, encode_chat
from iflytek_spark.requests.build import ChatRequest, build_request
from iflytek_spark.requests.options import ChatOptions

_OWN_FIELDS = ("model", "messages", "stream")


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One row: a chat that the Batch API is to answer.

    Attributes:
        custom_id: by which its answer is known; no other row may have it.
        messages: a prompt, or messages with the newest last.
        options: as of a live call; see :class:`~iflytek_spark.ChatOptions`.
        model: any of a model's names, or a spec; None for that of the whole job.
    """

    custom_id: str
    messages: str | Sequence[Message]
    options: ChatOptions = field(default_factory=ChatOptions, hash=False)
    model: str | ModelSpec | None = None


class Line(NamedTuple):
    """A row as it stands in a file.

    Attributes:
        model: what the Batch API calls its model.
        data: the line, with its end.
    """

    model: str
    data: bytes


def batch_model(model: str | ModelSpec) -> ModelSpec:
    """Return a model's row as the Batch API reaches it, its ``domain`` the name there.

    Raises:
        UnknownModelError: for an unknown model.
        InvalidRequestError: for a model that the Batch API has not; it names those that it has.
    """
    spec = find_model(model)
    rows = [row for row in (spec, *spec.over) if row.batch_model]
    if not rows:
        known = ", ".join(
            named.name
            for named in list_models()
            if any(row.batch_model for row in (named, *named.over))
        )
        raise InvalidRequestError(
            f"the Batch API has no model {spec.name!r}",
            hint=f"it has {known}; for another one pass a ModelSpec with batch_model",
            param="model",
        )
    return _named_there(rows[0])


@lru_cache(maxsize=64)
def _named_there(row: ModelSpec) -> ModelSpec:
    return replace(row, domain=row.batch_model)


def checked_request(row: BatchRequest, model: str | ModelSpec) -> ChatRequest:
    """Check a row as a live call of its model is checked.

    Args:
        row: the row.
        model: that of rows that name none.

    Raises:
        SparkError: as for a live call.
    """
    named = model if row.model is None else row.model
    spec = batch_model(named)
    extra = row.options.get("extra") or {}
    for name in _OWN_FIELDS:
        if name in extra:
            raise InvalidRequestError(f"extra holds {name!r}, which a row says itself", param=name)
    options: ChatOptions = {**row.options, "wire": "http"}
    return build_request(spec, row.messages, options)


def write_line(number: int, row: BatchRequest, model: str | ModelSpec) -> Line:
    """Write a row.

    Args:
        number: which row it is, counted from 1.
        row: the row.
        model: that of rows that name none.

    Raises:
        InvalidRowError: when the service would refuse it; it names the row.
    """
    check_id(number, row.custom_id)
    try:
        request = checked_request(row, model)
        body = encode_chat(request, "", SPARK_OPEN, streams=False)
    except SparkError as error:
        raise row_error(number, row.custom_id, error.message, error.hint) from error
    check_body_size(number, row.custom_id, len(body.encode()))
    return Line(request.spec.batch_model, encode_row(row.custom_id, body))
