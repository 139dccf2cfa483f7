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

from iflytek_spark.batches.client import AsyncBatchClient, BatchClient
from iflytek_spark.batches.client_base import Progress as BatchProgress
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
