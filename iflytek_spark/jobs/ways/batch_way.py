"""With what a job goes by batch, and whether it can."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

from iflytek_spark import ChatOptions, InvalidRequestError, Message, ModelSpec, SparkClient
from iflytek_spark.batches import (
    MAX_BODY_BYTES,
    MAX_LINES,
    BatchClient,
    BatchRequest,
    batch_model,
)
from iflytek_spark.batches.rows import write_line
from iflytek_spark.errors import ConfigurationError, InvalidRowError
from iflytek_spark.jobs.options import LabelOptions
from iflytek_spark.jobs.tasks import Task


@dataclass(frozen=True)
class BatchWay:
    """What the Batch API is asked with.

    Attributes:
        client: who asks.
        spec: the model, as the Batch API reaches it.
        options: of each row.
        task: what answers come to.
        rows: the most rows of a batch.
        interval: seconds between two questions after a batch.
    """

    client: BatchClient
    spec: ModelSpec
    options: ChatOptions
    task: Task
    rows: int = MAX_LINES
    interval: float = 30.0

    def problem(self, row: int, messages: list[Message]) -> str:
        """Say why a conversation cannot go by batch, or return an empty string."""
        if len(messages) == 1 and self._is_short(messages[0].text):
            return ""
        try:
            write_line(row, self.request(str(row), messages), self.spec)
        except InvalidRowError as error:
            return error.message
        return ""

    def _is_short(self, text: str) -> bool:
        """Return whether a prompt is so short that its line need not be written to know it."""
        return (
            self._around + 2 * len(json.dumps(text, ensure_ascii=False).encode()) < MAX_BODY_BYTES
        )

    @cached_property
    def _around(self) -> int:
        return len(write_line(1, self.request("1"), self.spec).data)

    def request(self, custom_id: str, messages: str | list[Message] = "?") -> BatchRequest:
        """Return the request of a row. Its answer is read by its options, not by what was asked."""
        return BatchRequest(custom_id, messages, self.options)


def batch_way(
    client: SparkClient, spec: ModelSpec, chat: ChatOptions, task: Task, options: LabelOptions
) -> tuple[BatchWay | None, str]:
    """Find out whether a job can go by batch: with what, else why not."""
    try:
        row = batch_model(spec)
        asks = BatchClient(
            client.credentials,
            base_url=client.endpoint.base_url,
            proxy=client.route.proxy,
            ssl_context=client.route.ssl_context,
        )
    except (InvalidRequestError, ConfigurationError) as error:
        return None, error.message
    rows, interval = options.get("batch_rows", MAX_LINES), options.get("interval", 30.0)
    return BatchWay(asks, row, chat, task, rows, interval), ""
