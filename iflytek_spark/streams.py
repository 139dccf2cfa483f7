"""A running answer: the two drivers of a flow, and the streams that users hold."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from iflytek_spark.messages import ChatResponse, ImagePart
from iflytek_spark.protocol.events import ContentDelta, Event
from iflytek_spark.protocol.steps import (
    Connect,
    Emit,
    Flow,
    LoadImage,
    Receive,
    Run,
    Send,
    Sleep,
    Step,
    StepResult,
    TakeTurn,
    TransportError,
)
from iflytek_spark.transports.base import AsyncTransport, Transport
from iflytek_spark.transports.opening import off_the_loop

if TYPE_CHECKING:
    from iflytek_spark.protocol.response import ResponseBuilder


T = TypeVar("T")


class ChatStream:
    """A running answer: an iterator of events, and a context manager that closes the socket.

    Attributes:
        model: the catalogue's name of the model that answers.
        ignored: the names of options that were left out or brought into range.
    """

    def __init__(
        self,
        flow: Flow[None],
        transport: Transport,
        model: str,
        ignored: tuple[str, ...] = (),
        sid: Callable[[], str] = str,
    ) -> None:
        """Start one call; :meth:`SparkClient.stream` does this."""
        self._events: Generator[Event, None, None] = drive(flow, transport)
        self._builder = _builder(model)
        self.model = model
        self.ignored = ignored
        self._sid = sid

    @property
    def sid(self) -> str:
        """Spark's session id, empty before the answer's first frame has come."""
        return self._sid()

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        event = next(self._events)
        self._builder.add(event)
        return event

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def text(self) -> Iterator[str]:
        """Yield the pieces of the answer's text alone."""
        for event in self:
            if isinstance(event, ContentDelta):
                yield event.text

    @property
    def received(self) -> str:
        """What has come so far: reasoning, text and the arguments of calls, joined."""
        return self._builder.received()

    def response(self) -> ChatResponse:
        """Read what is left, and return the whole answer.

        Returns:
            The answer, with what was read before.

        Raises:
            SparkError: when the answer cannot be read to its end.
        """
        for _ in self:
            pass
        return self._builder.build()

    def close(self) -> None:
        """Close the socket at once; Spark stops answering. Closing twice does nothing."""
        self._events.close()


class AsyncChatStream:
    """A running answer; see :class:`ChatStream`. It belongs to the loop that reads it."""

    def __init__(
        self,
        flow: Flow[None],
        transport: AsyncTransport,
        model: str,
        ignored: tuple[str, ...] = (),
        sid: Callable[[], str] = str,
    ) -> None:
        """Start one call; :meth:`AsyncSparkClient.stream` does this."""
        self._events: AsyncGenerator[Event, None] = adrive(flow, transport)
        self._builder = _builder(model)
        self.model = model
        self.ignored = ignored
        self._sid = sid

    @property
    def sid(self) -> str:
        """Spark's session id; see :attr:`ChatStream.sid`."""
        return self._sid()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        event = await anext(self._events)
        self._builder.add(event)
        return event

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def text(self) -> AsyncIterator[str]:
        """Yield the pieces of the answer's text alone."""
        async for event in self:
            if isinstance(event, ContentDelta):
                yield event.text

    @property
    def received(self) -> str:
        """What has come so far; see :attr:`ChatStream.received`."""
        return self._builder.received()

    async def response(self) -> ChatResponse:
        """Read what is left, and return the whole answer; see :meth:`ChatStream.response`."""
        async for _ in self:
            pass
        return self._builder.build()

    async def aclose(self) -> None:
        """Close the socket at once; Spark stops answering. Closing twice does nothing."""
        await self._events.aclose()


def drive(flow: Flow[None], transport: Transport) -> Generator[Any, None, None]:
    """Carry out the steps of a flow, and close the transport however it ends."""
    try:
        step = next(flow)
        while True:
            if isinstance(step, Emit):
                yield from step.events
                step = flow.send(None)
                continue
            try:
                result = _perform(step, transport)
            except (TimeoutError, TransportError) as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration:
        return
    finally:
        try:
            flow.close()  # whatever it has reserved
        finally:
            transport.close()


def _perform(step: Step, transport: Transport) -> StepResult:
    match step:
        case Receive():
            return transport.receive(step.timeout)
        case Connect(opening, timeout):
            transport.connect(opening, timeout)
        case Send(data, timeout):
            transport.send(data, timeout)
        case Sleep(seconds):
            transport.sleep(seconds)
        case TakeTurn(turn):
            return turn.ask()
        case Run(work):
            return work()
        case LoadImage(image, timeout):
            return _load(image, timeout)
    return None


async def adrive(flow: Flow[None], transport: AsyncTransport) -> AsyncGenerator[Any, None]:
    """Carry out the steps of a flow, and close the transport however it ends."""
    try:
        step = next(flow)
        while True:
            if isinstance(step, Emit):
                for event in step.events:
                    yield event
                step = flow.send(None)
                continue
            try:
                result = await _aperform(step, transport)
            except (TimeoutError, TransportError) as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration:
        return
    finally:
        try:
            flow.close()  # whatever it has reserved
        finally:
            transport.close()


async def _aperform(step: Step, transport: AsyncTransport) -> StepResult:
    match step:
        case Receive():
            return await transport.receive(step.timeout)
        case Connect(opening, timeout):
            await transport.connect(opening, timeout)
        case Send(data, timeout):
            await transport.send(data, timeout)
        case Sleep(seconds):
            await transport.sleep(seconds)
        case TakeTurn(turn):
            return await turn.aask()
        case Run(work):
            return await off_the_loop(work)
        case LoadImage(image, timeout):
            return await _aload(image, timeout)
    return None


def run(flow: Flow[T], transport: Transport) -> T:
    """Carry out a flow that has one result, and return it."""
    result: T
    (result,) = drive(_emitting(flow), transport)
    return result


async def arun(flow: Flow[T], transport: AsyncTransport) -> T:
    """Carry out a flow that has one result, and return it."""
    result: T
    (result,) = [emitted async for emitted in adrive(_emitting(flow), transport)]
    return result


def _emitting(flow: Flow[T]) -> Flow[None]:
    yield Emit(((yield from flow),))


def _builder(model: str) -> ResponseBuilder:
    """Return what adds an answer up; it is loaded with the first call."""
    from iflytek_spark.protocol.response import ResponseBuilder

    return ResponseBuilder(model)


def _load(image: ImagePart, timeout: float) -> bytes:
    """Load an image; what that needs is loaded with the first one."""
    from iflytek_spark.images.load import load_image

    return load_image(image, timeout)


async def _aload(image: ImagePart, timeout: float) -> bytes:
    """Load an image in threads of its own; see :func:`_load`."""
    from iflytek_spark.images.load import aload_image

    return await aload_image(image, timeout)
