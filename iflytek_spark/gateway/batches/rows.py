"""The rows of an upload: OpenAI's chats, translated as live ones are, and results the other way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import to_json

from iflytek_spark import Unsupported
from iflytek_spark.batches import (
    BatchAnswer,
    BatchRequest,
    InputFile,
    read_result,
    write_input_files,
)
from iflytek_spark.errors import ProtocolError, SparkError
from iflytek_spark.gateway.batches.shapes import ENDPOINT
from iflytek_spark.gateway.middleware.request_log_record import RequestLogRecord
from iflytek_spark.gateway.openai.convert import to_completion, to_messages, to_options
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError, error_body, row_of
from iflytek_spark.gateway.openai.model_names import ModelNames
from iflytek_spark.gateway.openai.parsing import parse_body
from iflytek_spark.gateway.openai.requests import ChatCompletionRequest

_MAX_LINE = 1_000_000
"""Bytes of a line as the caller sends it; what Spark takes is far less."""
_OK = 200


class _Line(BaseModel):
    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    custom_id: Annotated[str, StringConstraints(min_length=1)]
    method: Literal["POST"]
    url: Literal["/v1/chat/completions"]
    body: dict[str, Any]


class Rows:
    """Translates the rows of one upload."""

    def __init__(
        self, names: ModelNames, record: RequestLogRecord, unsupported: Unsupported
    ) -> None:
        """Set up.

        Args:
            names: what callers call models.
            record: the upload's, which knows the models that its key may use.
            unsupported: what is done with fields that the model has nothing for.
        """
        self._names = names
        self._record = record
        self._unsupported: Unsupported = unsupported

    def write(self, path: Path, folder: Path) -> InputFile:
        """Write the input file for Spark; every row is checked before any is sent.

        Args:
            path: what the caller has uploaded.
            folder: where the file goes.

        Raises:
            GatewayError: for a row that cannot be sent, or more than one file; it names the row.
        """
        files = write_input_files(self._read(path), folder)
        try:
            written = list(files)
        except SparkError as error:
            raise GatewayError(row_of(error), str(error), param="file") from error
        if len(written) != 1:
            why = "the file has no rows" if not written else "it has too many rows, or two models"
            raise _refused(f"{why}: an input file has 1 to 50,000 rows of one model")
        return written[0]

    def _read(self, path: Path) -> Iterator[BatchRequest]:
        with path.open("rb") as lines:
            number = 0
            while line := lines.readline(_MAX_LINE + 1):
                number += 1
                if len(line) > _MAX_LINE:
                    raise _refused(f"row {number} has more than {_MAX_LINE} bytes")
                if line.strip():
                    yield self._row(number, line)

    def _row(self, number: int, line: bytes) -> BatchRequest:
        try:
            row = _Line.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise _refused(f"row {number}: {place} {first['msg']}".replace("  ", " ")) from None
        try:
            return self._request(row)
        except (GatewayError, SparkError) as error:
            words = f"row {number} ({row.custom_id[:64]!r}): {error}"
            raise GatewayError(row_of(error), words, param=error.param or None) from error

    def _request(self, row: _Line) -> BatchRequest:
        sent = json.dumps(row.body, ensure_ascii=False).encode()
        body, ignored = parse_body(ChatCompletionRequest, sent, self._unsupported)
        if body.stream:
            raise _refused(f"a row of a batch is not streamed: leave stream out of {ENDPOINT}")
        self._record.ignored = tuple(dict.fromkeys((*self._record.ignored, *ignored)))
        spec = self._names.chat_model(body.model, body.version)
        self._record.use_model(spec.name)
        options = to_options(body, spec)
        options["unsupported"] = self._unsupported
        return BatchRequest(row.custom_id, to_messages(body.messages), options, spec)


def to_openai_line(line: bytes, number: int) -> bytes:
    """Write a line of results in OpenAI's form; what is no line of results stays as it is.

    Args:
        line: the line, without its end.
        number: which it is, counted from 1.
    """
    if b'"response"' not in line and b'"error"' not in line:
        return line + b"\n"
    try:
        result = read_result(line, number)
    except ProtocolError:
        return line + b"\n"
    body: object
    if isinstance(result, BatchAnswer):
        answer = result.response
        status, sid, body = _OK, answer.sid, to_completion(answer.model, answer)
    else:
        error = result.error
        status, sid, body = row_of(error).status, error.sid or "", error_body(error)
    response = {"status_code": status, "request_id": sid, "body": body}
    written = {
        "id": f"batch_req_{number}",
        "custom_id": result.custom_id,
        "response": response,
        "error": None,
    }
    return to_json(written) + b"\n"


def _refused(message: str) -> GatewayError:
    return GatewayError(ErrorRow.INVALID_VALUE, message, param="file")
