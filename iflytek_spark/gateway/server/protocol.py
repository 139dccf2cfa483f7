"""A connection of HTTP: uvicorn's, with limits on what a caller may send and how long it may take.

uvicorn limits neither a head's size nor its time, and waits without end for a caller that does
not read.
"""

from __future__ import annotations

import math
import sys
from asyncio import AbstractEventLoop, BaseTransport, Transport
from typing import Any, cast

if sys.platform == "linux":
    import fcntl
    import termios

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from iflytek_spark.gateway.openai.errors import ErrorRow
from iflytek_spark.gateway.server.connections import (
    CLOSING_SECONDS,
    Connections,
    Phase,
    address_of,
)
from iflytek_spark.gateway.server.refusals import refusal

MAX_HEAD_BYTES = 32 * 1024
"""Of a request line and its headers, and of a body's trailers."""

_MAX_WAITING_REQUESTS = 16
"""Requests that a caller may send before the one before has been answered."""

_STALLED_SECONDS = 5.0
"""Without reading anything; then a connection makes room for others."""


_take_header = HttpToolsProtocol.on_header  # sooner found than super(), for each of many headers


class HeadTooLargeError(Exception):
    """A head or trailers have more bytes than they may have."""


class HttpConnection(HttpToolsProtocol):
    """A caller's connection.

    Attributes:
        address: whose it is.
        phase: what it does.
    """

    server_state: Connections

    def __init__(
        self,
        config: Config,
        server_state: Connections,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        """Set up, as uvicorn does."""
        super().__init__(config, server_state, app_state, _loop)
        self.url = b""
        self.address = ""
        self.phase = Phase.NEW
        self._head_bytes = 0
        self._unparsed = 0
        self._advanced = False
        self._has_head = False
        self._part_since = math.inf  # a head, or trailers, that are not complete
        self._idle_since = math.inf
        self._refused_since = math.inf
        self._unread = 0
        self._unread_since = 0.0

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin, if there is room."""
        super().connection_made(cast("Transport", transport))
        self.address = address_of(self.client[0] if self.client else "")
        self._part_since = self.loop.time()
        if message := self.server_state.admit(self):
            self.refuse(ErrorRow.TOO_MANY_CONNECTIONS, message)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self.server_state.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came, unless the connection is being closed."""
        if self._refused_since < math.inf:
            return
        self._advanced = False
        super().data_received(data)
        self._unparsed = 0 if self._advanced else self._unparsed + len(data)
        if self._unparsed > MAX_HEAD_BYTES:
            self._refuse_head()

    def on_message_begin(self) -> None:
        """Begin a head."""
        super().on_message_begin()
        self._has_head = False
        self._head_bytes = 0
        self._part_since = self.loop.time()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._head_bytes += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; trailers, which come after what they could change, are left out."""
        self._head_bytes = read = self._head_bytes + len(name) + len(value) + 4  # ": ", line's end
        if read > MAX_HEAD_BYTES:
            raise HeadTooLargeError
        if not self._has_head:
            _take_header(self, name, value)

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        if self._head_bytes > MAX_HEAD_BYTES:
            raise HeadTooLargeError
        self._advanced = self._has_head = True
        self._part_since = math.inf
        self._head_bytes = 0
        self.server_state.move(self, Phase.BUSY)
        super().on_headers_complete()
        if len(self.pipeline) > _MAX_WAITING_REQUESTS:
            self.abort()

    def on_chunk_header(self) -> None:
        """Begin a chunk, or, after the last one, the trailers."""
        self._part_since = self.loop.time()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._advanced = True
        self._part_since = math.inf
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._advanced = True
        self._part_since = math.inf
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """End an answer."""
        super().on_response_complete()
        if self.cycle.response_complete:  # it is the last one that was asked for
            self._idle_since = self.loop.time()
            self.server_state.move(self, Phase.IDLE)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse_head()
        else:
            self.refuse(ErrorRow.NOT_HTTP, "what came is not a request of HTTP/1.1")

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing: it is answered like any other request."""

    def check(self, now: float) -> None:
        """Close when its time is over."""
        limits, unread_for = self.server_state.limits, self._unread_for(now)
        if now - self._refused_since > CLOSING_SECONDS or unread_for > limits.write_seconds:
            self.abort()
        elif now - self._part_since > limits.head_seconds:
            message = f"the head did not come within {limits.head_seconds:g} s: send it at once"
            self.refuse(ErrorRow.HEAD_TIMEOUT, message)
        elif self.phase == Phase.IDLE and now - self._idle_since > limits.idle_seconds:
            self.transport.close()
        elif self.phase in (Phase.BUSY, Phase.STALLED):
            stalled = unread_for > _STALLED_SECONDS
            self.server_state.move(self, Phase.STALLED if stalled else Phase.BUSY)

    def give_way(self, message: str) -> None:
        """Close for another: a caller that has not asked yet can be answered why."""
        if self.phase == Phase.NEW:
            self.refuse(ErrorRow.TOO_MANY_CONNECTIONS, message)
        else:
            self.server_state.remove(self)
            self.abort()

    def abort(self) -> None:
        """Close at once."""
        self.transport.abort()

    def refuse(self, row: ErrorRow, message: str) -> None:
        """Say why, and close when the caller has read it; what it still sends is thrown away."""
        if self._refused_since < math.inf:  # what came at once may be wrong in two ways
            return
        self._part_since, self._refused_since = math.inf, self.loop.time()
        self.server_state.refuse(self, row.status)
        if not self._stop_answering():
            self.abort()
            return
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        headers, url = self.server_state.default_headers, self.url or b""
        self.transport.write(refusal(row, message, headers, url))
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _stop_answering(self) -> bool:
        """Have the app send nothing more, and return whether it has sent nothing yet."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return True
        cycle.disconnected = True
        cycle.message_event.set()
        return not (cycle.response_started or self.pipeline)

    def _refuse_head(self) -> None:
        message = f"the head is larger than {MAX_HEAD_BYTES} bytes: send fewer or shorter headers"
        self.refuse(ErrorRow.HEAD_TOO_LARGE, message)

    def _unread_for(self, now: float) -> float:
        """Return for how many seconds the caller has read nothing of what waits for it."""
        unread = self.transport.get_write_buffer_size()
        if unread:
            unread += _unread_in_kernel(self.transport)
        if unread != self._unread or not unread:
            self._unread, self._unread_since = unread, now
        return now - self._unread_since


def _unread_in_kernel(transport: Transport) -> int:
    """Return how much was sent that did not arrive: a slow reader makes it less, bit by bit."""
    if sys.platform != "linux":
        return 0
    number = transport.get_extra_info("socket").fileno()
    return int.from_bytes(fcntl.ioctl(number, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
