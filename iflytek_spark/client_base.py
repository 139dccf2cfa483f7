"""What the two clients share: their settings, and how a call is checked and opened."""

from __future__ import annotations

import copy
import ssl
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Generic, Self

from iflytek_spark.assumptions import MAX_RESPONSE_BYTES
from iflytek_spark.credentials import Credentials
from iflytek_spark.endpoint import Endpoint
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.messages import Message, Wire
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.models.routes import WireChoice, reached_over
from iflytek_spark.models.services import Service
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.reading import Reading
from iflytek_spark.protocol.retry import RetryPolicy
from iflytek_spark.protocol.steps import Clock, Flow, Turn
from iflytek_spark.rates import Product, Turns, account_of
from iflytek_spark.requests.options import ChatOptions
from iflytek_spark.requests.unsupported import Unsupported, check_unsupported, check_wire
from iflytek_spark.timeouts import Timeouts
from iflytek_spark.transports.base import (
    AnyTransport,
    ConnectionOptions,
    Pool,
    PreconnectSettings,
)
from iflytek_spark.transports.clock import SYSTEM_CLOCK
from iflytek_spark.transports.opening import TransportKind

if TYPE_CHECKING:
    from iflytek_spark.protocol.call import CallContext


class BaseClient(Generic[AnyTransport]):
    """What both clients know. Nothing in it changes after it is made."""

    _kind: TransportKind[AnyTransport]

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        model: str | ModelSpec | None = None,
        base_url: str | Endpoint | None = None,
        timeout: Timeouts | float | None = None,
        max_retries: int = 2,
        proxy: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        transport: Callable[[ConnectionOptions], AnyTransport] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        preconnect: int = 0,
        image_model: str | ModelSpec | None = None,
        wire: WireChoice = "auto",
        unsupported: Unsupported = "refuse",
        on_open: Callable[[], object] | None = None,
        strict: bool = False,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        rate: Turns | None = None,
    ) -> None:
        """Set up a client. It opens nothing, and may be shared by threads and event loops.

        Args:
            credentials: the app's; from the environment by default.
            model: the model of calls that name none; ``SPARK_MODEL`` or 4.0 Ultra by default.
            base_url: another address, ``SPARK_BASE_URL`` by default; without a path it replaces
                scheme and host only; or an endpoint that was found before.
            timeout: the four time-outs, or seconds for the whole call.
            max_retries: further tries after a failure that may pass, 0 or more.
            proxy: ``http://…`` or ``socks5h://…``; an empty text for none; else the environment's.
            ssl_context: your own CA; certificates are always verified.
            transport: what opens sockets; a test double for instance.
            clock: time and chance.
            preconnect: connections to keep open ahead of calls, 0 or more; see :meth:`close`.
            image_model: what answers messages with images that the model cannot see; None: nothing.
            wire: over which wire calls go: ``websocket``, ``http``, or ``auto``, which is the
                WebSocket where the model has it, and HTTP for models without one and for calls
                with tools on models that have tools over HTTP only.
            unsupported: what is done with options that the model has no field for; see
                :class:`~iflytek_spark.ChatOptions`.
            on_open: is called each time a WebSocket has been opened; for metrics.
            strict: whether deviations of an answer, by default only named, are an error.
            max_response_bytes: the most that one answer may have, 1 or more; 64 MB by default.
            rate: what the account may ask in a second and at once, for instance a
                :class:`~iflytek_spark.rates.Rate`; each request waits for its turn, also of chats,
                and ``max_qps`` of embedding and ranking counts no more. The wait is no part of
                the time-outs.

        Raises:
            MissingCredentialsError: when a credential is missing, or the key of ``model``.
            UnknownModelError: for an unknown model.
            ConfigurationError: for another unusable setting.
        """
        if preconnect and transport is not None:
            raise ConfigurationError("preconnect opens transports of its own, not yours")
        self._credentials = credentials.with_keys() if credentials else Credentials.from_env()
        self._endpoint = Endpoint.from_env(model, base_url)
        self._timeouts = Timeouts.of(timeout)
        self._retry = RetryPolicy(max_retries)
        self._reading = Reading(strict, max_response_bytes)
        self._image_model = None if image_model is None else find_model(image_model)
        self.unsupported = check_unsupported(unsupported)
        self.wire = check_wire(wire)
        self._route = ConnectionOptions(proxy, ssl_context, on_open)
        self._clock = clock
        self._rate = rate
        self._preconnect = preconnect
        self._own_transport: Callable[[ConnectionOptions], AnyTransport] | None = transport
        self._pool: Pool[AnyTransport] | None = self._new_pool()
        self._http: Pool[AnyTransport] | None = None
        if model is not None:  # else each call may name one
            self.check_keys(self.model)

    def __repr__(self) -> str:
        url = self._endpoint.base_url or "the catalogue's addresses"
        return f"{type(self).__name__}({self._endpoint.model.name!r} at {url}, {self._credentials})"

    @property
    def model(self) -> ModelSpec:
        """The model of calls that name none."""
        return self._endpoint.model

    @property
    def credentials(self) -> Credentials:
        """The app's; their text shows no key."""
        return self._credentials

    @property
    def route(self) -> ConnectionOptions:
        """How connections are made."""
        return self._route

    @property
    def rate(self) -> Turns | None:
        """The rate that calls keep to, if there is one."""
        return self._rate

    @property
    def endpoint(self) -> Endpoint:
        """Where calls go."""
        return self._endpoint

    def with_rate(self, rate: Turns) -> Self:
        """Return a client that differs in its rate alone; it shares the connections."""
        client = copy.copy(self)
        vars(client).update(_rate=rate)
        return client

    def check_keys(self, asked: ModelSpec | Service) -> None:
        """Check that there is a key for a model or a service, without a call.

        Raises:
            MissingCredentialsError: when it is missing; its variables are named.
            InvalidRequestError: when the model is not reached over the client's wire.
        """
        from iflytek_spark.protocol.key_checks import check_keys  # loads what chats

        wire = self._wire(asked) if isinstance(asked, ModelSpec) else self.wire
        check_keys(asked, wire, self._credentials)

    def close(self) -> None:
        """Close what is kept open: connections of HTTP, and those of ``preconnect``.

        Calls go on, and ``preconnect`` opens no more. That begins with the first call to a model,
        and rests after a minute without a call. A client that is forgotten closes by itself.
        """
        for pool in (self._pool, self._http):
            if pool is not None:
                pool.close()

    def _open(self, wire: Wire) -> AnyTransport:
        if self._own_transport is not None:
            return self._own_transport(self._route)
        if wire == "http":
            self._http = self._http or self._kind.http()
            return self._http(self._route)
        return (self._pool or self._kind.transport)(self._route)

    def _new_pool(self) -> Pool[AnyTransport] | None:
        if not self._preconnect:
            return None
        settings = PreconnectSettings(
            self._preconnect, self._credentials, self._route, self._clock, self._timeouts.connect
        )
        return self._kind.pool(settings)

    def _signer(self) -> Credentials:
        """Return who signs. A client out of a pickle takes its keys from the environment, once."""
        known = self._credentials.with_keys()
        if known is not self._credentials:
            self._credentials = known
            self._pool = self._new_pool()
        return known

    def _asked(
        self, messages: str | Sequence[Message], model: str | ModelSpec | None, options: ChatOptions
    ) -> tuple[Flow[None], AnyTransport, str, tuple[str, ...], Callable[[], str]]:
        """Check a chat, and return what a stream is made of."""
        from iflytek_spark.protocol.call import call_flow  # loads what chats
        from iflytek_spark.protocol.dialects import chat_dialect
        from iflytek_spark.protocol.exchange import ChatExchange
        from iflytek_spark.requests.build import build_request

        spec = self.model if model is None else find_model(model)
        mode = options.get("unsupported") or self.unsupported
        own: ChatOptions = {
            "image_model": self._image_model,
            "wire": self._wire(spec),
            **options,
            "unsupported": mode,
        }
        request = build_request(spec, messages, own)
        exchange = ChatExchange(chat_dialect(request.spec), request)
        context = self._context(self._endpoint.url(request.spec), "chat", request.timeouts)
        return (
            call_flow(context, exchange),
            self._open(request.spec.wire),
            request.spec.name,
            request.ignored,
            lambda: exchange.sid,
        )

    def _wire(self, spec: ModelSpec) -> WireChoice:
        """Return the choice of calls that make none; an address may be of one wire alone."""
        only = self._endpoint.only_wire
        return only if self.wire == "auto" and only and reached_over(spec, only) else self.wire

    def _context(self, url: str, product: Product, timeouts: Timeouts | None = None) -> CallContext:
        from iflytek_spark.protocol.call import CallContext

        signer, uid, limits = self._signer(), uuid.uuid4().hex, timeouts or self._timeouts
        return CallContext(
            signer,
            url,
            self._clock,
            uid,
            limits,
            self._retry,
            self._reading,
            turn=self._turns(product, signer),
            proxies=self._route.proxies,
        )

    def _turns(self, product: Product, signer: Credentials) -> Callable[[], Turn | None] | None:
        """Return what joins the queue of a product, if there is a rate."""
        if self._rate is None:
            return None
        return partial(self._rate.turn, product, account_of(signer))

    def _service(self, service: Service, product: Product) -> tuple[CallContext, ConnectionOptions]:
        return self._context(self._endpoint.service_url(service), product), self._route
