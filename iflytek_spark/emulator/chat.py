"""The chat service: one signed handshake, one request, one answer."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Iterable, Iterator

from websockets.http11 import Request

from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator import assumptions
from iflytek_spark.emulator.account import Account, AccountRequest
from iflytek_spark.emulator.checks import Router, check, check_length, may, refused
from iflytek_spark.emulator.connections.http import JSON, TEXT
from iflytek_spark.emulator.connections.player import play
from iflytek_spark.emulator.connections.websocket import WebSocketConnection
from iflytek_spark.emulator.http.router import lists_models
from iflytek_spark.emulator.plan import Fault, Hang, Plan, Refuse, Send, Wait
from iflytek_spark.emulator.replies import SeenChat
from iflytek_spark.emulator.request_log import RequestLog, SeenHandshake, SeenRequest
from iflytek_spark.emulator.responder import Responder
from iflytek_spark.emulator.response_frames import response_frames
from iflytek_spark.emulator.signed_service import SignedService
from iflytek_spark.messages import ImagePart, Message, Role
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.wire.chat_server import decode_request
from iflytek_spark.protocol.wire.openai.shapes import NO_MODELS
from iflytek_spark.protocol.wire.values import RequestRefusedError, Turn, WireRequest

_ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant"}


class ChatService(SignedService):
    """Answers the WebSockets of one emulator (PROTOCOL.md §2)."""

    def __init__(
        self,
        credentials: Credentials,
        models: Iterable[ModelSpec],
        log: RequestLog,
        responder: Responder,
        account: Account,
        *,
        pace: float,
        chunk_size: int,
        idle_timeout: float,
        clock: Callable[[], float],
    ) -> None:
        """Set up.

        Args:
            credentials: what clients must sign with.
            models: the models served.
            log: where everything is noted.
            responder: finds the replies.
            account: what it may ask.
            pace: seconds between frames.
            chunk_size: characters in one frame.
            idle_timeout: seconds without a request after which a connection is dropped.
            clock: gives the seconds since 1970.
        """
        super().__init__(credentials, log, clock)
        self._router = Router(models)
        self._responder = responder
        self._account = account
        self._pace = pace
        self._chunk_size = chunk_size
        self._idle_timeout = idle_timeout

    async def serve(self, connection: WebSocketConnection) -> None:
        """Serve one new connection to its end.

        Raises:
            TimeoutError: when no request comes in time.
            OSError: when the client leaves without closing.
        """
        async with asyncio.timeout(self._idle_timeout):
            request = await connection.read_request()
        if request is None:
            return
        if lists_models(request.path, *map(request.headers.get, ("Host", "Authorization"))):
            await connection.refuse(200, NO_MODELS, {"Date": self.date, **JSON})
            return
        handshake, faults = self._note(request)
        if not await self._shake_hands(connection, request, faults):
            return
        async with asyncio.timeout(self._idle_timeout):
            data = await connection.receive()
        if data is None:
            return
        self._log.request(SeenRequest(handshake, data))
        with self._account.request("chat") as asked:
            plan = await self._answer(handshake.path, data, faults, asked)
            await play(asked.ending(plan), connection)

    def _note(self, request: Request) -> tuple[SeenHandshake, tuple[Fault, ...]]:
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        return self._log.handshake(request.path.partition("?")[0], headers)

    async def _shake_hands(
        self, connection: WebSocketConnection, request: Request, faults: tuple[Fault, ...]
    ) -> bool:
        hosts = request.headers.get_all("Host")
        match self.opening(request.path, hosts[0] if len(hosts) == 1 else "", faults):
            case None:
                return await connection.accept(request, self.date)
            case Hang() as hang:
                await play((hang,), connection)
            case Refuse(status, body, headers):
                await connection.refuse(status, body, {"Date": self.date, **headers})
        return False

    def _refusal(self, target: str, host: str, method: str) -> Refuse | None:
        if target.partition("?")[0] not in self._router:
            return Refuse(404, assumptions.UNKNOWN_PATH, TEXT)
        return super()._refusal(target, host, method)

    async def _answer(
        self, path: str, data: bytes, faults: tuple[Fault, ...], asked: AccountRequest
    ) -> Plan:
        sid = self.new_sid("cht")
        try:
            asked.check()
            request = self._accepted(path, data)
            reply = await self._responder.reply(request, max_calls=1)
        except RequestRefusedError as error:
            return self.plan(sid, (self.error(sid, error),), faults)
        frames = response_frames(request, reply, sid, self._chunk_size)
        own = (reply.fault,) if reply.fault else ()
        return self.plan(sid, self._paced(frames), (*own, *faults))

    def _paced(self, frames: Iterable[str]) -> Iterator[Send | Wait]:
        for frame in frames:
            if self._pace:
                yield Wait(self._pace)
            yield Send(frame.encode())

    def _accepted(self, path: str, data: bytes) -> SeenChat:
        if len(data) > assumptions.MAX_REQUEST_BYTES:
            raise refused(assumptions.TOO_LARGE, assumptions.MAX_REQUEST_BYTES)
        request = decode_request(data)
        spec = self._router.find(path, request)
        check(request, spec, self._credentials.app_id)
        seen = seen_chat(request, spec)
        check_length(seen)
        return seen


def seen_chat(request: WireRequest, spec: ModelSpec) -> SeenChat:
    """Read a request of the WebSocket that was checked, and that ``spec`` is to answer."""
    search = request.search
    return SeenChat(
        spec=spec,
        messages=tuple(map(_message, request.turns)),
        tools=request.tools if request.tools and may(spec, "tools") else (),
        tool_choice=request.forced_tool or "",
        options=request.numbers,
        json_mode=request.wants_json,
        thinking=spec.reasoning and request.thinking != "disabled",
        web_search=search.enabled if search else None,
        citations=bool(search and search.enabled and search.shows_pages and spec.citations),
        uid=request.uid or "",
    )


def _message(turn: Turn) -> Message:
    role = _ROLES[turn.role]
    if turn.image:
        return Message(role, (ImagePart(base64.b64decode(turn.content)),))
    return Message(role, turn.content)
