"""How the answer to a chat goes over HTTP: one body, a body that is kept alive, or a stream."""

from __future__ import annotations

from functools import partial

from iflytek_spark.emulator.connections.chunked import EVENTS, ChunkedResponse
from iflytek_spark.emulator.connections.http import JSON, HttpConnection
from iflytek_spark.emulator.connections.player import Wire
from iflytek_spark.emulator.http.dialect import ServiceDialect
from iflytek_spark.emulator.plan import Plan, Send, SendError
from iflytek_spark.protocol.wire.openai.errors import HttpError
from iflytek_spark.protocol.wire.openai.service_values import HttpChatRequest


class ChatWire:
    """Chooses the form of one answer, as soon as the request is read.

    Attributes:
        keeps_alive: whether blank lines are sent while the answer is awaited.
    """

    def __init__(
        self, connection: HttpConnection, dialect: ServiceDialect, date: str, time: str
    ) -> None:
        """Set up for a request that could not be read; ``time`` is what errors name."""
        self.keeps_alive = False
        self._connection = connection
        self._dialect = dialect
        self._date = date
        self._time = time
        self._response: ChunkedResponse | None = None

    def read(self, chat: HttpChatRequest) -> None:
        """Take what the request says of the answer's form."""
        if chat.stream:
            headers = {"Date": self._date, **EVENTS}
            self._response = ChunkedResponse(
                self._connection, headers, self._event, partial(self._failed, streams=True)
            )
        elif chat.keep_alive and self._dialect.keeps_alive:
            self.keeps_alive = True
            self._response = self._chunked_body()

    async def blank_line(self) -> None:
        """Keep the connection busy."""
        if self._response is not None:
            line = self._response.encode(Send(b"\n", bare=True))
            await self._connection.stream.write(line)

    def over(self, plan: Plan) -> Wire:
        """Return what a plan is played on: chunks too where a fault puts something into a body."""
        if self._response is not None:
            return self._response
        if any(isinstance(step, Send) and step.bare for step in plan):
            return self._chunked_body()
        self._connection.accept(self._date, partial(failed, self._dialect, self._time))
        return self._connection

    def _chunked_body(self) -> ChunkedResponse:
        headers = {"Date": self._date, **JSON}
        failure = partial(self._failed, streams=False)
        return ChunkedResponse(self._connection, headers, bytes, failure)

    def _event(self, payload: bytes) -> bytes:
        return self._dialect.event + payload + b"\n\n"

    def _failed(self, error: SendError, begun: bool, *, streams: bool) -> HttpError | bytes:
        if begun or (streams and self._dialect.begins_stream(error.code, error.message)):
            return self._dialect.event_failure(error.sid, error.code, error.message, self._time)
        return failed(self._dialect, self._time, error)


def failed(dialect: ServiceDialect, time: str, error: SendError) -> HttpError:
    """Write an error as a response of a dialect; ``time`` is what it names."""
    return dialect.failure(error.sid, error.code, error.message, time)
