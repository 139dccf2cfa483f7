"""A row's chat, the same for both ways: asked, validated, and asked once more."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias

from iflytek_spark import (
    ChatOptions,
    ChatResponse,
    ContextLengthError,
    InvalidRequestError,
    InvalidResponseError,
    Message,
    ModelSpec,
    SparkClient,
)
from iflytek_spark.adapters import ValidatedRequest, estimate_prompt_tokens
from iflytek_spark.jobs.files.output import OutputKind
from iflytek_spark.jobs.files.scan import Measure
from iflytek_spark.jobs.files.tables import JSONValue, Row
from iflytek_spark.jobs.results import Result, Way, failed
from iflytek_spark.jobs.tasks import Task

RowRequest: TypeAlias = ValidatedRequest[list[Message], ChatResponse, JSONValue]


class Question(NamedTuple):
    """A row that is to be asked.

    Attributes:
        row: the row.
        refused: an answer to it that did not fit, or None.
    """

    row: Row
    refused: str | None = None

    @property
    def rows(self) -> tuple[int, ...]:
        """The numbers of its rows: one."""
        return (self.row.number,)

    def alone(self) -> list[Question]:
        """Return the same: it is of one row."""
        return [self]


@dataclass(frozen=True, slots=True)
class ChatWork:
    """What is asked of a model about each row.

    Attributes:
        task: the conversation and the output of a row.
        spec: the model.
        options: of each call, those of the task among them.
        check_line: checks a conversation for the Batch API; None where that way is closed.
    """

    task: Task
    spec: ModelSpec
    options: ChatOptions
    check_line: Callable[[int, list[Message]], str] | None = None

    @property
    def settings(self) -> Mapping[str, JSONValue]:
        """What a journal knows it by: the task, the model and the options."""
        own = {name: each for name, each in self.options.items() if name not in self.task.options}
        written = json.loads(json.dumps(own, default=str, sort_keys=True))
        return {**self.task.settings, "model": self.spec.name, "options": written}

    @property
    def output_kind(self) -> OutputKind:
        """What the outputs are."""
        return self.task.output_kind

    def measure(self, row: Row) -> Measure:
        """Measure a row, or raise an error for one that cannot be asked."""
        messages = self.task.messages(row.fields)
        if not any(message.text.strip() for message in messages):
            raise InvalidRequestError("its text is empty")
        for message in messages:
            _check_unicode(message.text)
        tokens = estimate_prompt_tokens(messages)
        most = self.spec.context_tokens
        if most is not None and tokens > most:
            raise ContextLengthError(
                f"it has about {tokens:,} tokens, and {self.spec.name} takes {most:,}"
            )
        return Measure(tokens, self.check_line(row.number, messages) if self.check_line else "")

    def request(self, question: Question) -> RowRequest:
        """Return the request of a row, which goes on from an answer that was refused."""
        messages = self.task.messages(question.row.fields)
        request: RowRequest = ValidatedRequest(
            messages, self.task.output, partial(_repaired, messages)
        )
        if question.refused is not None:
            request.receive(_response(question.refused, self.spec))
        return request

    def ask(self, client: SparkClient, question: Question) -> list[Result]:
        """Ask about a row, and once more where the answer does not fit."""
        request = self.request(question)
        counts = [0, 0]
        while not request.done:
            response = client.chat(request.messages, model=self.spec, **self.options)
            if response.usage is not None:
                counts[0] += response.usage.prompt_tokens
                counts[1] += response.usage.completion_tokens
            request.receive(response)
        return [ended(question, request, counts[0], counts[1])]


def ended(
    question: Question, request: RowRequest, tokens_in: int, tokens_out: int, way: Way = "live"
) -> Result:
    """Return the result of a request that is done: its output, or that the answer does not fit."""
    response = request.response
    try:
        result = Result(question.row.number, request.value)
    except InvalidResponseError as error:
        result = failed(question.row.number, error)
    return result._replace(
        finish_reason="" if response is None else response.finish_reason,
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        way=way,
    )


def _repaired(messages: list[Message], response: ChatResponse, instruction: str) -> list[Message]:
    return [*messages, Message("assistant", response.text), Message("user", instruction)]


def _response(text: str, spec: ModelSpec) -> ChatResponse:
    """Return an answer of which only the text is known any more."""
    return ChatResponse(text, "", (), (), (), None, "stop", "", spec.name)


def _check_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequestError("its text holds a lone surrogate, which is no text") from error
