"""Structured output: ask, validate, show the model the reason, ask once more.

Spark cannot be held to a schema (PROTOCOL.md §9), so every answer is validated on this side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from iflytek_spark.errors import InvalidAnswerError
from iflytek_spark.instructions import repair_instruction

Question = TypeVar("Question")
Answer = TypeVar("Answer")
Value = TypeVar("Value")


class ValidatedQuestion(Generic[Question, Answer, Value]):
    """A question whose answer is validated, and which is asked once more when it does not fit.

    Nothing is asked here, so that blocking and async callers share it, with the messages of any
    framework::

        asked = ValidatedQuestion(messages, read, repair)
        while not asked.done:
            asked.receive(await client.chat(asked.question))
        return asked.value

    Attributes:
        question: what to ask now.
        done: whether nothing is left to ask.
        answer: the newest answer, or None before the first.
    """

    def __init__(
        self,
        question: Question,
        read: Callable[[Answer], Value],
        repair: Callable[[Answer, str], Question],
    ) -> None:
        """Set up.

        Args:
            question: the first question.
            read: validates an answer, and returns its value; raises InvalidAnswerError for one
                that does not fit, whose message the model is shown.
            repair: continues the conversation with the refused answer and an instruction.
        """
        self.question = question
        self.done = False
        self.answer: Answer | None = None
        self._read = read
        self._repair = repair
        self._problem: InvalidAnswerError | None = None
        self._value: Value

    def receive(self, answer: Answer) -> None:
        """Take the answer to ``question``; unless it fits, there is a second question."""
        first, self.answer = self.answer is None, answer
        try:
            self._value, self._problem = self._read(answer), None
        except InvalidAnswerError as problem:
            self._problem = problem
            if first:
                self.question = self._repair(answer, repair_instruction(problem.message))
                return
        self.done = True

    @property
    def value(self) -> Value:
        """What ``read`` returned; there is a value when all is ``done``.

        Raises:
            InvalidAnswerError: when the second answer did not fit either.
        """
        if self._problem is not None:
            raise self._problem
        return self._value
