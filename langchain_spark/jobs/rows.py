"""Inputs and chains as jobs: LangChain's shapes around :mod:`iflytek_spark.jobs`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import LanguageModelInput
from langchain_core.load import dumps
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from pydantic_core import to_jsonable_python

from iflytek_spark import (
    ChatOptions,
    ChatResponse,
    FinishReason,
    InvalidResponseError,
    Usage,
)
from iflytek_spark import Message as SparkMessage
from iflytek_spark.errors import JobError
from iflytek_spark.jobs import (
    JobResult,
    JSONValue,
    LabelOptions,
    OutputKind,
    Result,
    WayOptions,
    label,
    read_results,
    write_messages,
)
from langchain_spark._convert import to_ai_message
from langchain_spark._errors import SparkModelJobError, model_errors
from langchain_spark.jobs.model import JobModel

_PLACE_IN_MEMORY = re.compile(r" at 0x[0-9a-fA-F]+")
_REASONS: Mapping[str, FinishReason] = {
    "length": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
}


@dataclass(frozen=True)
class ChainTask:
    """What a chain asks about a row, and what its steps behind the model make of the answer.

    Attributes:
        settings: what a journal knows the task by.
        options: the model's options, and those that are bound to it.
        ask: makes a conversation of a row.
        after: what is done with the message, or None for its text.
    """

    settings: Mapping[str, JSONValue]
    options: ChatOptions
    ask: Callable[[Mapping[str, object]], list[SparkMessage]]
    after: Runnable[Any, Any] | None

    @property
    def output_kind(self) -> OutputKind:
        """Texts, unless a step behind the model makes something else of them."""
        return "text" if self.after is None else "json"

    def messages(self, fields: Mapping[str, object]) -> list[SparkMessage]:
        """Return the conversation of a row."""
        return self.ask(fields)

    def output(self, response: ChatResponse) -> JSONValue:
        """Return what the steps behind the model make of an answer, as JSON."""
        if self.after is None:
            return response.text
        try:
            value: JSONValue = to_jsonable_python(self.after.invoke(to_ai_message(response)))
        except OutputParserException as error:
            raise InvalidResponseError(f"the parser refuses the answer: {error}") from error
        return value


def answer_inputs(
    model: JobModel,
    inputs: Iterable[LanguageModelInput],
    output: Path,
    options: WayOptions,
) -> list[AIMessage | JobError]:
    """Answer inputs; see :meth:`langchain_spark.ChatSpark.batch_job`."""
    source = output.with_name(f"{output.name}.inputs.jsonl")
    with source.open("w", encoding="utf-8") as file:
        for number, each in enumerate(inputs, 1):
            row = {"id": number, "messages": write_messages(model.conversation(each))}
            file.write(f"{json.dumps(row)}\n")
    asked: LabelOptions = {**model.asked({}, options), "messages": "messages"}
    with model_errors():
        label(source, output, **asked)
    return [_answer(result, model.spec.name) for result in read_results(output)]


def label_rows(
    model: JobModel,
    source: str | Path,
    output: str | Path,
    steps: tuple[Runnable[Any, Any], Runnable[Any, Any] | None],
    bound: Mapping[str, Any],
    options: WayOptions,
) -> JobResult:
    """Ask about each row of a file; see :func:`langchain_spark.label_chain`."""
    before, after = steps

    def ask(fields: Mapping[str, object]) -> list[SparkMessage]:
        return model.conversation(before.invoke(dict(fields)))

    chain: list[JSONValue] = [None if step is None else _written(step) for step in steps]
    task = ChainTask({"chain": chain}, {}, ask, after)
    asked: LabelOptions = {**model.asked(bound, options), "prompt": task}
    with model_errors():
        return label(source, output, **asked)


def _answer(result: Result, model: str) -> AIMessage | JobError:
    if result.error_code:
        code = int(result.error_code) if result.error_code.isdecimal() else None
        error = SparkModelJobError(f"input {result.row}: {result.error_message}", code=code)
        error.row = result.row
        return error
    counts = (result.input_tokens, result.output_tokens)
    usage = Usage(*counts, sum(counts)) if any(counts) else None
    reason = _REASONS.get(result.finish_reason, "stop")
    text = str(result.output)
    return to_ai_message(ChatResponse(text, "", (), (), (), usage, reason, "", model))


def _written(step: Runnable[Any, Any]) -> str:
    """Write a step down so that it is the same in another process."""
    return _PLACE_IN_MEMORY.sub("", dumps(step))
