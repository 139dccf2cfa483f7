"""Structured output: ask, validate, show the model the reason, ask once more.

Spark cannot be held to a schema (PROTOCOL-HTTP.md §2), so every answer is validated on this side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from iflytek_spark.errors import InvalidResponseError
from iflytek_spark.requests.prompts import repair_instruction

Messages = TypeVar("Messages")
Response = TypeVar("Response")
Value = TypeVar("Value")


class ValidatedRequest(Generic[Messages, Response, Value]):
    """A request whose response is validated, and which is sent once more when it does not fit.

    Nothing is sent here, so that blocking and async callers share it, with the messages of any
    framework::

        request = ValidatedRequest(messages, read, repair)
        while not request.done:
            request.receive(await client.chat(request.messages))
        return request.value

    Attributes:
        messages: what to send now.
        done: whether nothing is left to send.
        response: the newest response, or None before the first.
    """

    def __init__(
        self,
        messages: Messages,
        read: Callable[[Response], Value],
        repair: Callable[[Response, str], Messages],
    ) -> None:
        """Set up.

        Args:
            messages: the conversation.
            read: validates a response, and returns its value; raises InvalidResponseError for one
                that does not fit, whose message the model is shown.
            repair: continues the conversation with the refused response and an instruction.
        """
        self.messages = messages
        self.done = False
        self.response: Response | None = None
        self._read = read
        self._repair = repair
        self._problem: InvalidResponseError | None = None
        self._value: Value

    def receive(self, response: Response) -> None:
        """Take the response to ``messages``; unless it fits, there are further messages, once."""
        first, self.response = self.response is None, response
        try:
            self._value, self._problem = self._read(response), None
        except InvalidResponseError as problem:
            self._problem = problem
            if first:
                self.messages = self._repair(response, repair_instruction(problem.message))
                return
        self.done = True

    @property
    def value(self) -> Value:
        """What ``read`` returned; there is a value when all is ``done``.

        Raises:
            InvalidResponseError: when the second response did not fit either.
        """
        if self._problem is not None:
            raise self._problem
        return self._value
