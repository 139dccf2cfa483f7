"""``/v1/files`` and ``/v1/batches``: the Batch API of Spark, in OpenAI's form."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, closing

from fastapi import APIRouter, Request
from pydantic_core import to_json
from starlette.responses import Response, StreamingResponse

from iflytek_spark.batches import Batch, BatchFile
from iflytek_spark.gateway.batches.accounts import OwnedAccount, find_owned, page_of
from iflytek_spark.gateway.batches.rows import Rows, to_openai_line
from iflytek_spark.gateway.batches.settings import BATCHES_ROUTE, FILES_ROUTE
from iflytek_spark.gateway.batches.shapes import (
    OWNER_KEY,
    BatchList,
    BatchObject,
    DeletedFile,
    FileList,
    FileObject,
    NewBatch,
    batch_object,
    file_object,
    list_page,
)
from iflytek_spark.gateway.batches.upload import Upload
from iflytek_spark.gateway.middleware.disconnect import cancel_on_disconnect
from iflytek_spark.gateway.middleware.request_log_record import record_of
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.gateway.openai.openapi import documented
from iflytek_spark.gateway.request_body import read_request
from iflytek_spark.gateway.responses.history import owner_of
from iflytek_spark.gateway.state import GatewayState, State

router = APIRouter()

_FILE, _BATCH = FILES_ROUTE + "/{file_id}", BATCHES_ROUTE + "/{batch_id}"
_FORM = {"purpose": {"const": "batch"}, "file": {"type": "string", "format": "binary"}}
_JSONL = "application/jsonl"
_PAGE, _MAX_PAGE = 20, 10_000


@router.post(FILES_ROUTE, **documented(FileObject, form=_FORM))
async def upload_file(request: Request, state: State) -> Response:
    """Upload the rows of a batch: each is checked and translated as a live chat is."""
    record, settings = record_of(request.scope), state.settings
    account = _accounts(request, state)[0]
    with closing(Upload(request.headers.get("content-type", ""))) as upload:
        await upload.receive(request)
        rows = Rows(state.model_names, record, settings.unsupported)
        file = await upload.write(rows, account.tag)
        record.texts = file.rows
        work = account.client.upload_file(file)
        kept = account.file(await cancel_on_disconnect(request.receive, work))
    return _json(file_object(kept, upload.name))


@router.get(FILES_ROUTE, **documented(FileList))
async def list_files(request: Request, state: State) -> Response:
    """List the caller's input files; results are found by their batch."""
    accounts, (after, limit) = _accounts(request, state), _page(request, _MAX_PAGE)
    limits = limit, state.settings.batches.max_listed
    work = page_of(accounts, OwnedAccount.files, _id_of_file, after, limits)
    files, more = await cancel_on_disconnect(request.receive, work)
    return _json(list_page([file_object(file, file.name) for file in files], more=more))


@router.get(_FILE, **documented(FileObject))
async def retrieve_file(file_id: str, request: Request, state: State) -> Response:
    """Describe a file of the caller's."""
    account, found = find_owned(_accounts(request, state), file_id, "file")
    file = account.file(await account.client.get_file(found))
    return _json(file_object(file, file.name))


@router.delete(_FILE, **documented(DeletedFile))
async def delete_file(file_id: str, request: Request, state: State) -> Response:
    """Delete a file of the caller's."""
    account, found = find_owned(_accounts(request, state), file_id, "file")
    gone: DeletedFile = {
        "id": file_id,
        "object": "file",
        "deleted": await account.client.delete_file(found),
    }
    return _json(gone)


@router.get(_FILE + "/content", **documented(str))
async def download_file(file_id: str, request: Request, state: State) -> Response:
    """Return a file of the caller's, line by line; results in the form of live ones."""
    account, found = find_owned(_accounts(request, state), file_id, "file")
    lines = account.client.file_lines(found)
    first = await anext(lines, None)  # an error is still a status
    return StreamingResponse(_written(first, lines), media_type=_JSONL)


@router.post(BATCHES_ROUTE, **documented(BatchObject, NewBatch))
async def create_batch(request: Request, state: State) -> Response:
    """Make a batch of an uploaded file; Spark has 24 hours for it, at 30 % of the price."""
    body = (await read_request(request, state, NewBatch)).body
    account, found = find_owned(_accounts(request, state), body.input_file_id, "file")
    metadata = {**(body.metadata or {}), OWNER_KEY: account.tag}
    batch = await account.client.create_batch(found, metadata=metadata)
    return _json(batch_object(account.batch(batch)))


@router.get(BATCHES_ROUTE, **documented(BatchList))
async def list_batches(request: Request, state: State) -> Response:
    """List the caller's batches."""
    accounts, (after, limit) = _accounts(request, state), _page(request, _PAGE)
    limits = limit, state.settings.batches.max_listed
    work = page_of(accounts, OwnedAccount.batches, _id_of_batch, after, limits)
    batches, more = await cancel_on_disconnect(request.receive, work)
    return _json(list_page(list(map(batch_object, batches)), more=more))


@router.get(_BATCH, **documented(BatchObject))
async def retrieve_batch(batch_id: str, request: Request, state: State) -> Response:
    """Tell how a batch of the caller's is doing."""
    account, found = find_owned(_accounts(request, state), batch_id, "batch")
    return _json(batch_object(account.batch(await account.client.get_batch(found))))


@router.post(_BATCH + "/cancel", **documented(BatchObject))
async def cancel_batch(batch_id: str, request: Request, state: State) -> Response:
    """Cancel a batch of the caller's; what is answered by then can be read, and is paid."""
    account, found = find_owned(_accounts(request, state), batch_id, "batch")
    return _json(batch_object(account.batch(await account.client.cancel_batch(found))))


def _accounts(request: Request, state: GatewayState) -> list[OwnedAccount]:
    headers = request.headers
    app_id = headers.get("x_app_id") or headers.get("x-app-id")
    owner = owner_of(record_of(request.scope).caller, app_id)
    return state.batches.of(headers, owner)


def _page(request: Request, usual: int) -> tuple[str | None, int]:
    """Read which page of a list is wanted: what it follows, and its size.

    Raises:
        GatewayError: for a size that is none.
    """
    given = request.query_params
    limit = given.get("limit", str(usual))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= _MAX_PAGE):
        message = f"limit is {limit[:20]!r}, not a whole number from 1 to {_MAX_PAGE}"
        raise GatewayError(ErrorRow.INVALID_VALUE, message, param="limit")
    return given.get("after"), int(limit)


async def _written(first: bytes | None, lines: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(lines):
        if first is not None:
            yield to_openai_line(first, 1)
        number = 1
        async for line in lines:
            number += 1
            yield to_openai_line(line, number)


def _id_of_file(file: BatchFile) -> str:
    return file.id


def _id_of_batch(batch: Batch) -> str:
    return batch.id


def _json(found: object) -> Response:
    return Response(to_json(found), media_type="application/json")
