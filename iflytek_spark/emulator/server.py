"""The emulator: a local Spark on one port."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import TracebackType
from typing import Self

from iflytek_spark.credentials import OWN_FAMILY, Credentials
from iflytek_spark.emulator import assumptions
from iflytek_spark.emulator.account import Account
from iflytek_spark.emulator.batches.options import BatchFate, BatchOptions
from iflytek_spark.emulator.batches.rows import RowAnswerer
from iflytek_spark.emulator.batches.service import BatchService
from iflytek_spark.emulator.chat import ChatService
from iflytek_spark.emulator.connections.http import HttpConnection, HttpRequest
from iflytek_spark.emulator.connections.listener import Listener
from iflytek_spark.emulator.connections.stream import Stream
from iflytek_spark.emulator.connections.websocket import WebSocketConnection
from iflytek_spark.emulator.http.keys import HttpKeys
from iflytek_spark.emulator.http.options import HttpOptions
from iflytek_spark.emulator.http.service import HttpService
from iflytek_spark.emulator.plan import Fault
from iflytek_spark.emulator.post import PostService
from iflytek_spark.emulator.replies import Respond
from iflytek_spark.emulator.request_log import RequestLog, SeenHandshake, SeenRequest
from iflytek_spark.emulator.responder import Responder
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.models.catalogue import MODELS
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.rates.limits import Limit, Product

_METHOD = 4
"""Bytes that tell a WebSocket's handshake (GET) from a signed POST."""
_GETS = (b"GET /v1/files", b"GET /v1/batches")
_PATH = max(map(len, _GETS))
"""Bytes that tell it from what is got over HTTP; the shortest request has more."""


class Emulator:
    """A local Spark: it checks and answers as the service does (PROTOCOL.md §2).

    It is a stand-in for the wire, not a language model. Use it in an event loop with
    ``async with Emulator() as spark``, or on a thread of its own with
    :func:`~iflytek_spark.emulator.running_emulator`. What it saw may be read from any thread.

    Attributes:
        credentials: the only ones that it accepts.
        base_url: where it listens, for instance ``ws://127.0.0.1:40123``, once it is started.
        http_keys: the keys that it accepts over HTTP.
        account: when it was asked for what; its rights may be withdrawn while it runs.
    """

    def __init__(
        self,
        *,
        respond: Respond | None = None,
        credentials: Credentials | None = None,
        models: Iterable[ModelSpec] = (),
        host: str = "127.0.0.1",
        port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
        pace: float = 0.0,
        chunk_size: int = assumptions.CHUNK_SIZE,
        idle_timeout: float = assumptions.IDLE_TIMEOUT,
        max_qps: float | None = None,
        limits: Mapping[Product, Limit] | None = None,
        http_keys: HttpKeys | None = None,
        http_options: HttpOptions | None = None,
        batches: BatchOptions | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Set up without listening.

        Args:
            respond: decides what is answered to each chat; by default, and wherever it returns
                None, a few general rules do. See :mod:`~iflytek_spark.emulator.replies`.
            credentials: what clients must sign with; made up by default.
            models: models to serve besides the catalogue's, at the addresses of their rows.
            host: the address to listen on.
            port: the port, 0 for a free one.
            ssl_context: makes it serve wss.
            pace: seconds between the frames of an answer.
            chunk_size: characters in one frame of an answer.
            idle_timeout: seconds without a request after which a connection is dropped.
            max_qps: requests that embedding, ranking and image generation each take in any second.
            limits: what the account may ask of each product, in any second and at once; chat too.
            http_keys: what clients over HTTP must bear; made up by default.
            http_options: what HTTP does where evidence is thin.
            batches: what the Batch API does where evidence is thin, and how fast its clock runs.
            clock: gives the seconds since 1970 that dates of signatures are checked against.

        Raises:
            ConfigurationError: when the port is not one.
        """
        if port not in range(65536):
            raise ConfigurationError(f"port is {port}; it must be between 0 and 65535")
        self.credentials = credentials or Credentials(*map(secrets.token_hex, (4, 16, 16)))
        self.http_keys = http_keys or HttpKeys()
        self.base_url = ""
        self._address = (host, port)
        self._ssl_context = ssl_context
        self._idle_timeout = idle_timeout
        self._log = RequestLog()
        self._responder = Responder(respond)
        self.account = account = Account(limits or {})
        served = (*MODELS, *models)
        self._chat = ChatService(
            self.credentials,
            served,
            self._log,
            self._responder,
            account,
            pace=pace,
            chunk_size=chunk_size,
            idle_timeout=idle_timeout,
            clock=clock,
        )
        self._post = PostService(self.credentials, self._log, account, max_qps=max_qps, clock=clock)
        self._http = HttpService(
            self.credentials,
            self.http_keys,
            http_options or HttpOptions(),
            served,
            self._log,
            self._responder,
            account,
            pace=pace,
            chunk_size=chunk_size,
            max_qps=max_qps,
            clock=clock,
        )
        self._batches = BatchService(
            self.credentials,
            self._log,
            batches or BatchOptions(),
            partial(RowAnswerer, self._http.open, served, self._responder),
            clock,
        )
        self._listener = Listener(self._dispatch, ssl_context, self._log)

    @property
    def respond(self) -> Respond | None:
        """The function that decides what is answered; may be set while the emulator runs.

        For instance in a test whose emulator is a fixture::

            spark.respond = lambda request: Reply("42")
        """
        return self._responder.respond

    @respond.setter
    def respond(self, respond: Respond | None) -> None:
        self._responder.respond = respond

    @property
    def http_url(self) -> str:
        """Where it listens for HTTP, for instance ``http://127.0.0.1:40123``, once started."""
        return self.base_url.replace("ws", "http", 1)

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables, with their values, that lead a client here."""
        own, known = OWN_FAMILY, self.credentials
        return {
            own.url: self.base_url,
            own.app_id[0]: known.app_id,
            own.api_key: known.api_key,
            own.api_secret: known.api_secret,
            own.maas_api_key: self.http_keys.maas_key,
        }

    @property
    def handshakes(self) -> tuple[SeenHandshake, ...]:
        """The handshakes seen so far, accepted or not."""
        return self._log.handshakes

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """The requests seen so far, valid or not."""
        return self._log.requests

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return self._log.open_connections

    def script(self, *faults: Fault | tuple[Fault, ...] | None) -> None:
        """Queue faults; each following handshake takes the next entry.

        Args:
            faults: a fault, several for one connection, or None for no fault.
        """
        entries = (fault if isinstance(fault, tuple) else (fault,) for fault in faults)
        self._log.script(tuple(fault for fault in entry if fault) for entry in entries)

    def script_batches(self, *fates: BatchFate | None) -> None:
        """Queue fates; each batch that is made takes the next entry, None for the usual one."""
        self._batches.script(*fates)

    def wait_until_idle(self, timeout: float = 5.0) -> bool:
        """Block until no connection is open.

        Args:
            timeout: seconds.

        Returns:
            Whether none is open.
        """
        return self._log.wait_for(lambda log: not log.open_connections, timeout)

    def wait_for_requests(self, count: int, timeout: float = 5.0) -> bool:
        """Block until so many requests were seen, or time is up; return whether they were."""
        return self._log.wait_for(lambda log: len(log.requests) >= count, timeout)

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: when the address cannot be used.
        """
        name, number = self._listener.start(*self._address)
        scheme = "wss" if self._ssl_context else "ws"
        self.base_url = f"{scheme}://{f'[{name}]' if ':' in name else name}:{number}"

    async def stop(self) -> None:
        """Close the port and every connection, and delete the files of batches.

        Raises:
            BaseException: what ``respond`` has raised, the first if it was more than once. Its
                client got an error frame of code 19999, which says so.
        """
        if not self._listener.running:
            return
        await self._listener.stop()
        await self._batches.stop()
        failure, self._responder.failure = self._responder.failure, None
        if failure is not None:
            raise failure

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _dispatch(self, stream: Stream) -> None:
        """Hand the connection to the service that its first bytes ask for."""
        async with asyncio.timeout(self._idle_timeout):
            head = await stream.peek(_METHOD)
        if head == b"GET ":
            async with asyncio.timeout(self._idle_timeout):
                head = await stream.peek(_PATH)
        if head in (b"POST", b"DELE") or head.startswith(_GETS):
            connection = HttpConnection(stream, self._batches.sink)
            await connection.serve(self._answer, self._idle_timeout)
        elif head.startswith(b"GET "):
            await self._chat.serve(WebSocketConnection(stream))
        elif head:
            await WebSocketConnection(stream).refuse(404, assumptions.UNKNOWN_PATH, {})

    async def _answer(self, connection: HttpConnection, request: HttpRequest) -> bool:
        for service in (self._batches, self._http):
            if service.serves(request):
                return await service.answer(connection, request)
        return await self._post.answer(connection, request)
