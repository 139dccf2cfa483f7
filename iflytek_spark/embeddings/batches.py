"""Texts in batches, as many as a request may hold; a batch that is refused is halved."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from iflytek_spark.errors import BadRequestError
from iflytek_spark.protocol.steps import Flow

T = TypeVar("T")
AskMany: TypeAlias = Callable[[Sequence[str]], Flow[list[T]]]
"""Starts a call for some texts, which has a result for each."""

_LOG = logging.getLogger("iflytek_spark")
_OTHER_FAULT = re.compile(r"dimension|encoding_format|no category", re.IGNORECASE)
_KNOWN: dict[tuple[str, str], int] = {}
"""By address and model: how many texts a request may hold, where the service has refused more."""


class BatchLimit:
    """How many texts a request holds, for one address and model."""

    def __init__(self, url: str, model: str, wanted: int) -> None:
        """Start with what is wanted, or with what is known to be taken.

        Args:
            url: the address.
            model: the model.
            wanted: how many texts the caller would send at once.
        """
        self._key = (url, model)
        self.size = min(wanted, _KNOWN.get(self._key, wanted))

    def learn(self, refused: Sequence[int], accepted: Sequence[int]) -> None:
        """Take note of what a batch went through until all its texts were taken.

        Where a size was refused once and taken another time, a text was the reason.

        Args:
            refused: the sizes of requests that were refused.
            accepted: those of requests that were answered.
        """
        if refused and max(accepted) < min(refused) and max(accepted) < self.size:
            self.size = _KNOWN[self._key] = max(accepted)
            _LOG.warning(
                "Spark refused %d texts in one request: %d are sent from now on",
                min(refused),
                self.size,
            )


def batch_flow(texts: Sequence[str], ask: AskMany[T], limit: BatchLimit) -> Flow[list[T]]:
    """Ask for texts, in as many requests as the service needs.

    Args:
        texts: one or more.
        ask: asks for some of them.
        limit: how many texts a request holds; it learns.

    Yields:
        Steps as in :func:`~iflytek_spark.protocol.call.call_flow`.

    Returns:
        A result for each text, in their order.

    Raises:
        SparkError: when a call has failed for good; for a request that is refused, when one text
            alone is refused too.
    """
    found: list[T] = []
    refused: list[int] = []
    accepted: list[int] = []
    while len(found) < len(texts):
        part = texts[len(found) : len(found) + limit.size]
        found += yield from _halving(part, ask, refused, accepted)
    limit.learn(refused, accepted)
    return found


def _halving(
    texts: Sequence[str], ask: AskMany[T], refused: list[int], accepted: list[int]
) -> Flow[list[T]]:
    try:
        found = yield from ask(texts)
    except BadRequestError as error:
        if len(texts) == 1 or _OTHER_FAULT.search(error.message):
            raise
        refused.append(len(texts))
    else:
        accepted.append(len(texts))
        return found
    middle = (len(texts) + 1) // 2
    first = yield from _halving(texts[:middle], ask, refused, accepted)
    return first + (yield from _halving(texts[middle:], ask, refused, accepted))
