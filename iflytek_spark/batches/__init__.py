"""The vendor's Batch API: any number of chats within 24 hours, at 30 % of the price.

Rows become input files within the service's limits, files become batches, and the results of a
batch are joined to its rows by their ids::

    rows = (BatchRequest(key, text) for key, text in texts)
    with BatchClient() as client:
        for file in write_input_files(rows, "input/", model="4.0Ultra"):
            batch = client.wait(client.create_batch(client.upload_file(file)))
            results = client.results(batch, ids=file)
            for result in results:
                match result:
                    case BatchAnswer(custom_id, response):
                        print(custom_id, response.text)
                    case BatchFailure(custom_id, error):
                        print(custom_id, error)
            print(results.summary())

PROTOCOL-HTTP.md §9 has the facts. What the vendor does not say stands in
:mod:`iflytek_spark.assumptions`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iflytek_spark.batches.client import AsyncBatchClient, BatchClient
    from iflytek_spark.batches.client_base import BatchProgress
    from iflytek_spark.batches.input_files import InputFile, check_input_file, write_input_files
    from iflytek_spark.batches.results import RequestOf, read_result
    from iflytek_spark.batches.rows import BatchRequest, batch_model
    from iflytek_spark.batches.streams import AsyncBatchResults, BatchResults
    from iflytek_spark.batches.values import (
        BatchAnswer,
        BatchFailure,
        BatchResult,
        BatchSummary,
        UnreadableLine,
    )
    from iflytek_spark.models.batches import (
        PRICE_CLASS,
        PRICE_SHARE,
        Batch,
        BatchCounts,
        BatchFile,
        BatchProblem,
    )
    from iflytek_spark.protocol.wire.batches.form import FormError, FormReader, PartBegins, PartData
    from iflytek_spark.protocol.wire.batches.shapes import MAX_BODY_BYTES, MAX_FILE_BYTES, MAX_LINES

__all__ = [
    "MAX_BODY_BYTES",
    "MAX_FILE_BYTES",
    "MAX_LINES",
    "PRICE_CLASS",
    "PRICE_SHARE",
    "AsyncBatchClient",
    "AsyncBatchResults",
    "Batch",
    "BatchAnswer",
    "BatchClient",
    "BatchCounts",
    "BatchFailure",
    "BatchFile",
    "BatchProblem",
    "BatchProgress",
    "BatchRequest",
    "BatchResult",
    "BatchResults",
    "BatchSummary",
    "FormError",
    "FormReader",
    "InputFile",
    "PartBegins",
    "PartData",
    "RequestOf",
    "UnreadableLine",
    "batch_model",
    "check_input_file",
    "read_result",
    "write_input_files",
]

_LAZY = {
    "AsyncBatchClient": "iflytek_spark.batches.client",
    "AsyncBatchResults": "iflytek_spark.batches.streams",
    "Batch": "iflytek_spark.models.batches",
    "BatchAnswer": "iflytek_spark.batches.values",
    "BatchClient": "iflytek_spark.batches.client",
    "BatchCounts": "iflytek_spark.models.batches",
    "BatchFailure": "iflytek_spark.batches.values",
    "BatchFile": "iflytek_spark.models.batches",
    "BatchProblem": "iflytek_spark.models.batches",
    "BatchProgress": "iflytek_spark.batches.client_base",
    "BatchRequest": "iflytek_spark.batches.rows",
    "BatchResult": "iflytek_spark.batches.values",
    "BatchResults": "iflytek_spark.batches.streams",
    "BatchSummary": "iflytek_spark.batches.values",
    "FormError": "iflytek_spark.protocol.wire.batches.form",
    "FormReader": "iflytek_spark.protocol.wire.batches.form",
    "InputFile": "iflytek_spark.batches.input_files",
    "MAX_BODY_BYTES": "iflytek_spark.protocol.wire.batches.shapes",
    "MAX_FILE_BYTES": "iflytek_spark.protocol.wire.batches.shapes",
    "MAX_LINES": "iflytek_spark.protocol.wire.batches.shapes",
    "PRICE_CLASS": "iflytek_spark.models.batches",
    "PRICE_SHARE": "iflytek_spark.models.batches",
    "PartBegins": "iflytek_spark.protocol.wire.batches.form",
    "PartData": "iflytek_spark.protocol.wire.batches.form",
    "RequestOf": "iflytek_spark.batches.results",
    "UnreadableLine": "iflytek_spark.batches.values",
    "batch_model": "iflytek_spark.batches.rows",
    "check_input_file": "iflytek_spark.batches.input_files",
    "read_result": "iflytek_spark.batches.results",
    "write_input_files": "iflytek_spark.batches.input_files",
}
"""Where each is: it is loaded when it is first asked for, since adapters name a few only."""


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
