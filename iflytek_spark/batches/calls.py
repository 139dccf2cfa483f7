"""The calls of the Batch API, each as one flow: what is asked, and how its answer is read."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar
from urllib.parse import quote

from iflytek_spark.assumptions import FIRST_BATCH_PAGE
from iflytek_spark.errors import (
    APIConnectionError,
    APITimeoutError,
    NotFoundError,
    RateLimitError,
    SparkError,
)
from iflytek_spark.models.batches import Batch, BatchFile
from iflytek_spark.protocol.call import CallContext, call_flow
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.dialects.batch_api import ApiRequest, BatchApi
from iflytek_spark.protocol.exchange import SingleExchange
from iflytek_spark.protocol.steps import Emit, Flow, Sleep
from iflytek_spark.protocol.wire.batches import client as wire
from iflytek_spark.protocol.wire.batches.shapes import BATCHES, FILES

_LOG = logging.getLogger("iflytek_spark")
_PAGE = 100
_KNOWN_PAGES = 3
"""Pages in a row that bring nothing new, before the service is taken not to know of pages."""
_MAX_FAILURES = 20
"""Questions after a batch that may fail in a row, before one gives up waiting for it."""

T = TypeVar("T")
_GET = ApiRequest()
_POST = ApiRequest("POST")
_DELETE = ApiRequest("DELETE")


def get_file(context: CallContext, file_id: str) -> Flow[BatchFile]:
    """Ask what a file is."""
    return _ask(context, file_path(file_id), wire.decode_file)


def delete_file(context: CallContext, file_id: str) -> Flow[bool]:
    """Delete a file."""
    return _ask(context, file_path(file_id), wire.decode_deleted, _DELETE)


def list_files(context: CallContext) -> Flow[None]:
    """List files; each is an event. New files may move known ones to the next page meanwhile."""
    seen: set[str] = set()
    page, known = FIRST_BATCH_PAGE, 0
    while known < _KNOWN_PAGES:
        path = f"{FILES}?page={page}&size={_PAGE}"
        found = yield from _ask(context, path, wire.decode_files)
        fresh = tuple(file for file in found.items if file.id not in seen)
        yield Emit(fresh)
        seen.update(file.id for file in fresh)
        if not found.items or found.more is False:
            return
        page, known = page + 1, 0 if fresh else known + 1


def get_batch(context: CallContext, batch_id: str) -> Flow[Batch]:
    """Ask how a batch is doing."""
    return _ask(context, _batch_path(batch_id), wire.decode_batch)


def cancel_batch(context: CallContext, batch_id: str) -> Flow[Batch]:
    """Cancel a batch."""
    return _ask(context, f"{_batch_path(batch_id)}/cancel", wire.decode_batch, _POST)


def list_batches(context: CallContext) -> Flow[None]:
    """List batches; each is an event. Pages are asked for until one brings nothing new."""
    seen: set[str] = set()
    after, more = "", True
    while more:
        found = yield from _ask(context, _batches_path(after), wire.decode_batches)
        fresh = tuple(batch for batch in found.items if batch.id not in seen)
        yield Emit(fresh)
        seen.update(batch.id for batch in fresh)
        more = bool(fresh) and found.more is not False
        after = fresh[-1].id if fresh else ""


def create_batch(context: CallContext, file_id: str, metadata: Mapping[str, str]) -> Flow[Batch]:
    """Make a batch, once: where a failure leaves open whether it was made, it is looked for."""
    request = ApiRequest("POST", wire.encode_new_batch(file_id, metadata))
    once = replace(context, retry=replace(context.retry, max_retries=0))
    failures = 0
    while True:
        try:
            batch: Batch = yield from _ask(once, BATCHES, wire.decode_batch, request, _Once)
        except SparkError as error:
            made = yield from _made(context, file_id, metadata, error)
            if made is not None:
                return made
            delay = context.retry.delay(error, failures, False, context.clock.random())
            if delay is None:
                raise
        else:
            return batch
        failures += 1
        yield Sleep(delay)


def wait_for_batch(
    context: CallContext,
    batch_id: str,
    interval: float,
    timeout: float,
    on_progress: Callable[[Batch], object],
) -> Flow[Batch]:
    """Ask how a batch is doing until it has ended; failures that may pass are waited out."""
    deadline = context.clock.monotonic() + timeout
    failures = 0
    while True:
        try:
            batch = yield from get_batch(context, batch_id)
        except SparkError as error:
            failures += 1
            if not error.retryable or failures == _MAX_FAILURES:
                raise
            _LOG.warning("the batch %s is asked for again, after: %s", batch_id, error)
        else:
            failures = 0
            on_progress(batch)
            if batch.ended:
                return batch
        left = deadline - context.clock.monotonic()
        if left <= 0:
            raise _not_ended(batch_id, timeout)
        yield Sleep(min(interval, left))


@contextlib.contextmanager
def naming_what_is_gone() -> Iterator[None]:
    """Say of what is not found how long it is kept."""
    try:
        yield
    except NotFoundError as error:
        error.hint = "check the id: uploaded files are kept for 48 hours, results for 30 days"
        raise


def file_path(file_id: str) -> str:
    """Return what follows the base in the address of a file."""
    return f"{FILES}/{quote(file_id, safe='')}"


def _batch_path(batch_id: str) -> str:
    return f"{BATCHES}/{quote(batch_id, safe='')}"


def _batches_path(after: str) -> str:
    return f"{BATCHES}?limit={_PAGE}" + (f"&after={quote(after, safe='')}" if after else "")


def _ask(
    context: CallContext,
    path: str,
    decode: Callable[[str | bytes, Deviations], T],
    request: ApiRequest = _GET,
    kind: type[SingleExchange[None, T]] = SingleExchange,
) -> Flow[T]:
    exchange = kind(BatchApi(request, decode), None)
    call: Flow[T] = call_flow(replace(context, url=context.url + path), exchange)
    with naming_what_is_gone():
        return (yield from call)


class _Once(SingleExchange[None, T]):
    """A request that must not arrive twice."""

    repeatable = False


def _made(
    context: CallContext, file_id: str, metadata: Mapping[str, str], error: SparkError
) -> Flow[Batch | None]:
    """Return the batch of a request that has perhaps arrived."""
    if not _may_have_arrived(error):
        return None
    try:
        found = yield from _ask(context, _batches_path(""), wire.decode_batches)
    except SparkError:
        error.hint = "it may have been made all the same: look for its file among list_batches()"
        raise error from None
    ours = (
        batch
        for batch in found.items
        if batch.input_file_id == file_id and metadata.items() <= batch.metadata.items()
    )
    return next(ours, None)


def _may_have_arrived(error: SparkError) -> bool:
    if isinstance(error, APITimeoutError):
        return error.stage != "connect"
    not_sent = type(error) is APIConnectionError or isinstance(error, RateLimitError)
    return error.retryable and not not_sent


def _not_ended(batch_id: str, timeout: float) -> APITimeoutError:
    error = APITimeoutError(
        f"the batch {batch_id} has not ended within {timeout:g} s",
        hint="it goes on: wait for it again, or cancel it",
        retryable=False,
    )
    error.stage = "wait"
    return error
