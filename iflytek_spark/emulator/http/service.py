"""The services of HTTP on the emulator's port (PROTOCOL-HTTP.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator import assumptions
from iflytek_spark.emulator.account import Account, AccountRequest
from iflytek_spark.emulator.checks import check_length
from iflytek_spark.emulator.connections.http import JSON, HttpConnection, HttpRequest
from iflytek_spark.emulator.connections.player import Wire, play
from iflytek_spark.emulator.http.chat import http_answer, seen_chat
from iflytek_spark.emulator.http.dialect import ServiceDialect
from iflytek_spark.emulator.http.keys import HttpKeys
from iflytek_spark.emulator.http.options import HttpOptions
from iflytek_spark.emulator.http.retrieval import Retrieval
from iflytek_spark.emulator.http.router import (
    EMBEDDING_PATHS,
    RERANK_PATHS,
    HttpRouter,
    lists_models,
)
from iflytek_spark.emulator.http.wire import ChatWire, failed
from iflytek_spark.emulator.plan import (
    Fault,
    Plan,
    Reset,
    Send,
    SendError,
    Step,
    Wait,
)
from iflytek_spark.emulator.post import RateLimit
from iflytek_spark.emulator.replies import Reply, SeenChat
from iflytek_spark.emulator.request_log import RequestLog, SeenRequest
from iflytek_spark.emulator.responder import Responder
from iflytek_spark.emulator.signed_service import SignedService, scripted
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.wire.openai.requests import MalformedError, decode_chat
from iflytek_spark.protocol.wire.openai.service_values import HttpAnswer, HttpChatRequest
from iflytek_spark.protocol.wire.openai.shapes import NO_MODELS
from iflytek_spark.protocol.wire.values import RequestRefusedError
from iflytek_spark.rates.limits import Product

_ANY_NUMBER = 128


class HttpService(SignedService):
    """Answers the requests of both dialects: chats, vectors and ranks."""

    def __init__(
        self,
        credentials: Credentials,
        keys: HttpKeys,
        options: HttpOptions,
        models: Iterable[ModelSpec],
        log: RequestLog,
        responder: Responder,
        account: Account,
        *,
        pace: float,
        chunk_size: int,
        max_qps: float | None,
        clock: Callable[[], float],
    ) -> None:
        """Set up; for the other arguments see :class:`~iflytek_spark.emulator.chat.ChatService`.

        Args:
            credentials: whose ``APIKey:APISecret`` A takes.
            keys: the keys of both.
            options: what they do where evidence is thin.
            models: models served besides those of the two dialects.
            log: where everything is noted.
            responder: finds the replies.
            account: what it may ask.
            pace: seconds between the events of an answer.
            chunk_size: characters in one event.
            max_qps: requests that vectors and ranks each take in any second.
            clock: gives the seconds since 1970.
        """
        super().__init__(credentials, log, clock)
        self._options = options
        self._responder = responder
        self._account = account
        self._pace = pace
        self._chunk_size = chunk_size
        self._router = HttpRouter(credentials, keys, options, models)
        self._retrieval = Retrieval(options, self._router.maas.check_right)
        self._limit = RateLimit(max_qps)

    @property
    def open(self) -> ServiceDialect:
        """Dialect A."""
        return self._router.open

    def serves(self, request: HttpRequest) -> bool:
        """Tell whether a request is for one of these services."""
        return _lists_models(request) or self._router.route(request) is not None

    async def answer(self, connection: HttpConnection, request: HttpRequest) -> bool:
        """Answer one request, and return whether a further one may follow."""
        dialect = self._router.route(request)
        if dialect is None:
            await connection.respond(200, NO_MODELS, {"Date": self.date, **JSON})
            return True
        handshake, faults = self._log.handshake(request.path, request.headers)
        if (goes_on := await self.hindered(connection, scripted(faults))) is not None:
            return goes_on
        unauthorized = dialect.unauthorized(request.headers.get("authorization", ""))
        if unauthorized is not None:
            headers = {"Date": self.date, **JSON}
            await connection.respond(unauthorized.status, unauthorized.body.decode(), headers)
            return True
        self._log.request(SeenRequest(handshake, request.body))
        product = _product(request.path)
        answer = self._chat if product == "chat" else self._retrieve
        with self._account.request(product) as asked:
            return await answer(connection, request, dialect, faults, asked)

    async def _retrieve(
        self,
        connection: HttpConnection,
        request: HttpRequest,
        dialect: ServiceDialect,
        faults: tuple[Fault, ...],
        asked: AccountRequest,
    ) -> bool:
        sid = self.new_sid(dialect.sid_prefix)
        product = _product(request.path)
        answer = self._retrieval.embeddings if product == "embeddings" else self._retrieval.ranks
        step: Send
        try:
            asked.check()
            self._limit.check(product)
            step = Send(answer(request.body, sid, int(self._clock())))
        except MalformedError as error:
            step = self._error(sid, dialect.malformed(error))
        except RequestRefusedError as error:
            step = self._error(sid, error)
        connection.accept(self.date, partial(failed, dialect, self.china_time))
        return await self._play(asked.ending(self.plan(sid, (step,), faults)), connection)

    async def _chat(
        self,
        connection: HttpConnection,
        request: HttpRequest,
        dialect: ServiceDialect,
        faults: tuple[Fault, ...],
        asked: AccountRequest,
    ) -> bool:
        sid = self.new_sid(dialect.sid_prefix)
        wire = ChatWire(connection, dialect, self.date, self.china_time)
        try:
            asked.check()
            chat = decode_chat(request.body)
            wire.read(chat)
            seen = _accepted(request.path, chat, dialect)
            reply = await self._reply(chat, seen, wire)
            answer = http_answer(sid, self._clock(), chat, seen, reply, self._chunk_size)
            steps: tuple[Step, ...] = tuple(self._written(chat, answer, dialect))
            faults = (reply.fault, *faults) if reply.fault else faults
        except MalformedError as error:
            steps = (self._error(sid, dialect.malformed(error)),)
        except RequestRefusedError as error:
            steps = (self._error(sid, error),)
        plan = self.plan(sid, steps, faults)
        return await self._play(asked.ending(self._with_cut(plan)), wire.over(plan))

    async def _reply(self, chat: HttpChatRequest, seen: SeenChat, wire: ChatWire) -> Reply:
        """Find the reply; meanwhile blank lines keep the connection busy, if they are wanted."""
        if chat.model in self._options.unanswered and any(turn.images for turn in chat.turns):
            return Reply()
        asked = asyncio.ensure_future(self._responder.reply(seen, max_calls=_ANY_NUMBER))
        if wire.keeps_alive:
            while not (await asyncio.wait((asked,), timeout=self._options.keep_alive))[0]:
                await wire.blank_line()
        return await asked

    def _written(
        self, chat: HttpChatRequest, answer: HttpAnswer, dialect: ServiceDialect
    ) -> Iterator[Send | Wait]:
        if not chat.stream:
            yield Send(dialect.answer(chat, answer))
            return
        for payload in dialect.chunks(chat, answer):
            if self._pace:
                yield Wait(self._pace)
            yield Send(payload)

    def _error(self, sid: str, error: RequestRefusedError) -> SendError:
        named = f"{error.name}:({self.china_time}) " if error.name else ""
        return SendError(b"", code=error.code, message=f"{named}{error.detail}", sid=sid)

    def _with_cut(self, plan: Plan) -> Plan:
        """Cut the stream in place of an error amid it, if the options say so."""
        amid = [index for index, step in enumerate(plan) if isinstance(step, SendError) and index]
        return (*plan[: amid[0]], Reset()) if amid and self._options.engine_fault == "cut" else plan

    async def _play(self, plan: Plan, wire: Wire) -> bool:
        end = await play(plan, wire)
        return end is not None and end.code == assumptions.CLOSE_CODE


def _product(path: str) -> Product:
    if path in EMBEDDING_PATHS:
        return "embeddings"
    return "rerank" if path in RERANK_PATHS else "chat"


def _lists_models(request: HttpRequest) -> bool:
    authorization = request.headers.get("authorization", "")
    return request.method == "GET" and lists_models(request.path, request.host, authorization)


def _accepted(path: str, chat: HttpChatRequest, dialect: ServiceDialect) -> SeenChat:
    """Check a chat, and read it as a program sees it.

    Raises:
        RequestRefusedError: for the first thing that the service would refuse.
    """
    spec = dialect.find(path, chat.model)
    for error in dialect.errors(chat, spec):
        raise error
    seen = seen_chat(chat, spec, dialect)
    check_length(seen)
    return seen
