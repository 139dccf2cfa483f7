"""What one call asks, and how its answer is read: for chat, and for what is posted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from iflytek_spark.credentials import Credentials
from iflytek_spark.messages import ImagePart, ToolCall
from iflytek_spark.protocol.chat import ChatProtocol
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.dialects.base import ChatDialect, Dialect
from iflytek_spark.protocol.events import Event, Events, Finished
from iflytek_spark.protocol.filters import filters_for
from iflytek_spark.protocol.reading import Reading
from iflytek_spark.protocol.steps import ConnectionFailedError, Flow, LoadImage, Opening
from iflytek_spark.protocol.tool_calls import conversation_digest
from iflytek_spark.protocol.wire.frame import Frame
from iflytek_spark.requests.build import (
    ChatRequest,
    with_refused_arguments,
    with_stronger_instruction,
)

Asked = TypeVar("Asked")
Read = TypeVar("Read")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Reader(Protocol[T_co]):
    """Reads the answer of one try."""

    @property
    def done(self) -> bool:
        """Whether the answer is whole."""

    @property
    def result(self) -> T_co:
        """What the call returns, once the answer is whole."""

    def receive(self, payload: str | bytes | None) -> tuple[Any, ...]:
        """Take the next message, None for the connection's end, and return its events.

        Raises:
            SparkError: for an answer that is refused, wrong or not whole.
        """


class Exchange(ABC, Generic[Asked, Read, T]):
    """What is asked in one call, in which dialect.

    Attributes:
        sends_at_once: whether a Send sends the request; else it goes out with the first Receive.
        resumes: whether a further try gives only what no try before it has given.
        repeatable: whether it is sent again, without count, when a connection that was kept open
            breaks; the service may have got it all the same.
    """

    sends_at_once = True
    resumes = False
    repeatable = True

    def __init__(self, dialect: Dialect[Asked, Read], request: Asked) -> None:
        """Ask nothing yet.

        Args:
            dialect: how to speak.
            request: what to ask.
        """
        self._dialect = dialect
        self._request = request
        self._written: str | bytes = b""

    def prepare(self, timeout: Callable[[], float]) -> Flow[None]:
        """Fetch what the request needs; ``timeout`` gives the seconds that one step may take."""
        yield from ()

    def open(self, url: str, credentials: Credentials, now: float) -> Opening:
        """Say how to connect at this moment."""
        return self._dialect.open(url, credentials, now)

    def write(self, app_id: str, uid: str) -> str | bytes:
        """Return the request, which is written once for all tries."""
        self._written = self._written or self._dialect.encode(self._request, app_id, uid)
        return self._written

    def send_rest(self, timeout: Callable[[], float]) -> Flow[None]:
        """Send what follows the request's first part; ``timeout`` is as in :meth:`prepare`."""
        yield from ()

    @abstractmethod
    def read(self, reading: Reading) -> Reader[T]:
        """Return what reads the answer of a new try, in this way."""

    def retry_with_stronger_instruction(self) -> bool:
        """Ask for a tool call in stronger words; False when that cannot be, or was done before."""
        return False

    def retry_with_refused_arguments(self, call: ToolCall, problem: str) -> None:
        """Ask for a tool call again, and show the model what is wrong with its arguments."""


class ChatExchange(Exchange[ChatRequest, Frame, None]):
    """A chat; its answer comes as events, and the call itself returns nothing."""

    def __init__(self, dialect: ChatDialect, request: ChatRequest) -> None:
        """Ask nothing yet; see :class:`Exchange`."""
        super().__init__(dialect, request)
        self._answers = dialect.answers
        self._reader: ChatReader | None = None

    @property
    def sid(self) -> str:
        """The session id of the newest try, empty before its first frame."""
        return self._reader.sid if self._reader else ""

    def prepare(self, timeout: Callable[[], float]) -> Flow[None]:
        """Load the images."""
        messages = self._request.messages
        for image in [image for message in messages for image in message.images]:
            loaded = ImagePart((yield LoadImage(image, timeout())))
            messages = tuple(message.replacing(image, loaded) for message in messages)
        self._request = replace(self._request, messages=messages)

    def read(self, reading: Reading) -> ChatReader:
        """Return what reads the answer of a new try, in this way."""
        self._reader = ChatReader(self._dialect, self._answers, self._request, reading)
        return self._reader

    def retry_with_stronger_instruction(self) -> bool:
        """Ask for a tool call in stronger words; False when that was done before."""
        again = with_stronger_instruction(self._request)
        if again == self._request:
            return False
        self._request, self._written = again, b""
        return True

    def retry_with_refused_arguments(self, call: ToolCall, problem: str) -> None:
        """Ask for a tool call again, and show the model what is wrong with its arguments."""
        self._request = with_refused_arguments(self._request, call, problem)
        self._written = b""


class ChatReader:
    """Reads a chat's answer; see :class:`Reader`."""

    result = None

    def __init__(
        self,
        dialect: Dialect[ChatRequest, Frame],
        answers: type[ChatProtocol],
        request: ChatRequest,
        reading: Reading,
    ) -> None:
        """Start before the first message."""
        self.done = False
        self._decode = dialect.decode
        self._ignored = request.ignored
        self._reading, self._left = reading, reading.max_bytes
        self._deviations = Deviations(reading.strict)
        digest = partial(conversation_digest, request.messages)
        self._protocol = protocol = answers(request.max_tokens, self._deviations, digest)
        self._filters = filters_for(
            request, lambda: protocol.sid, lambda usage: protocol.end("stop", usage)
        )

    @property
    def sid(self) -> str:
        """The session id, empty before the first frame."""
        return self._protocol.sid

    def receive(self, payload: str | bytes | None) -> tuple[Event, ...]:
        """Take the next message and return the events that are left of it."""
        if payload is None:
            events: Events = self._protocol.closed()
        else:
            self._left -= len(payload)
            if self._left < 0:
                raise self._reading.too_large(self._protocol.sid)
            events = self._protocol.receive(self._decode(payload, self._deviations))
        for apply in self._filters:
            events = apply(events)
        last = events[-1] if events else None
        if isinstance(last, Finished):
            self.done = True
            events = (*events[:-1], replace(last, ignored=self._ignored))
        return events


class SingleExchange(Exchange[Asked, T, T]):
    """One request for one message, which the call returns."""

    sends_at_once = False

    def read(self, reading: Reading) -> SingleReader[T]:
        """Return what reads the answer of a new try, in this way."""
        return SingleReader(self._dialect.decode, reading)


class SingleReader(Generic[T]):
    """Reads the one message of an answer; see :class:`Reader`."""

    def __init__(self, decode: Callable[[str | bytes, Deviations], T], reading: Reading) -> None:
        """Start before the message."""
        self._decode = decode
        self._reading, self._deviations = reading, Deviations(reading.strict)
        self._results: list[T] = []

    @property
    def done(self) -> bool:
        """Whether the message has come."""
        return bool(self._results)

    @property
    def result(self) -> T:
        """What the message says."""
        return self._results[0]

    def receive(self, payload: str | bytes | None) -> tuple[Any, ...]:
        """Read the message."""
        if payload is None:
            raise ConnectionFailedError("there was no answer")
        if len(payload) > self._reading.max_bytes:
            raise self._reading.too_large()
        self._results.append(self._decode(payload, self._deviations))
        return ()
