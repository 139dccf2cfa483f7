"""The chat service: one signed handshake, one request, one answer."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterable, Mapping

from websockets.http11 import Request

from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator import choices
from iflytek_spark.emulator.checks import Router, check, may, refused
from iflytek_spark.emulator.connection import Connection
from iflytek_spark.emulator.faults import Fault
from iflytek_spark.emulator.journal import Journal, SeenHandshake, SeenRequest
from iflytek_spark.emulator.plan import Close, Hang, Plan, Refuse, Send, Wait
from iflytek_spark.emulator.responder import respond
from iflytek_spark.emulator.tally import answer_frames
from iflytek_spark.emulator.wording import error_message, session_id
from iflytek_spark.model_spec import ModelSpec
from iflytek_spark.protocol.service_frames import decode_request, encode_error
from iflytek_spark.protocol.signing import http_date, verify_url
from iflytek_spark.protocol.wire import RequestRefusedError, WireRequest

_CLOSE = Close(1000, choices.CLOSE_REASON)


class ChatService:
    """Answers the WebSockets of one emulator (PROTOCOL.md §2)."""

    def __init__(
        self,
        credentials: Credentials,
        models: Iterable[ModelSpec],
        journal: Journal,
        *,
        pace: float,
        piece: int,
        idle_timeout: float,
        clock: Callable[[], float],
    ) -> None:
        """Set up.

        Args:
            credentials: what clients must sign with.
            models: the models served.
            journal: where everything is noted.
            pace: seconds between frames.
            piece: characters in one frame.
            idle_timeout: seconds without a request after which a connection is dropped.
            clock: gives the seconds since 1970.
        """
        self._credentials = credentials
        self._router = Router(models)
        self._journal = journal
        self._pace = pace
        self._piece = piece
        self._idle_timeout = idle_timeout
        self._clock = clock
        self._answers = itertools.count(1)

    async def serve(self, connection: Connection) -> None:
        """Serve one connection to its end.

        Args:
            connection: a new connection.

        Raises:
            TimeoutError: when no request comes in time.
            OSError: when the client leaves without closing.
        """
        async with asyncio.timeout(self._idle_timeout):
            request = await connection.read_request()
        if request is None:
            return
        handshake, faults = self._note(request)
        if not await self._shake_hands(connection, request, faults):
            return
        async with asyncio.timeout(self._idle_timeout):
            data = await connection.receive()
        if data is None:
            return
        self._journal.request(SeenRequest(handshake, data))
        await connection.perform(self._plan(handshake.path, data, faults))

    def _note(self, request: Request) -> tuple[SeenHandshake, tuple[Fault, ...]]:
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        return self._journal.handshake(request.path.partition("?")[0], headers)

    async def _shake_hands(
        self, connection: Connection, request: Request, faults: tuple[Fault, ...]
    ) -> bool:
        scripted = next(filter(None, (fault.handshake() for fault in faults)), None)
        date = http_date(self._clock())
        match scripted or self._refusal(request):
            case None:
                return await connection.accept(request, date)
            case Hang():
                await connection.perform((Hang(),))
            case Refuse(status, body, headers):
                await connection.refuse(status, body, {"Date": date, **headers})
        return False

    def _refusal(self, request: Request) -> Refuse | None:
        """Check path and signature as the service does (§2.1)."""
        if request.path.partition("?")[0] not in self._router:
            return Refuse(404, choices.UNKNOWN_PATH, _TEXT)
        hosts = request.headers.get_all("Host")
        host = hosts[0] if len(hosts) == 1 else ""
        refusal = verify_url(request.path, host, self._clock(), self._secret_of)
        if refusal is None:
            return None
        return Refuse(refusal.status, json.dumps({"message": refusal.message}), _JSON)

    def _secret_of(self, api_key: str) -> str | None:
        known = self._credentials
        return known.api_secret if api_key == known.api_key else None

    def _plan(self, path: str, data: bytes, faults: tuple[Fault, ...]) -> Plan:
        sid = session_id("cht", next(self._answers), self._clock())
        plan: Plan = (*self._frames(path, data, sid), _CLOSE)
        for fault in faults:
            plan = fault.answer(plan, sid)
        return plan

    def _frames(self, path: str, data: bytes, sid: str) -> Iterable[Send | Wait]:
        try:
            request, spec = self._accepted(path, data)
        except RequestRefusedError as error:
            message = error_message(error, self._clock())
            yield Send(encode_error(sid, error.code, message).encode())
            return
        tools = request.tools if request.tools and may(spec, "tools") else ()
        answer = respond(request, spec, tools)
        for frame in answer_frames(request, spec, answer, sid, self._piece):
            if self._pace:
                yield Wait(self._pace)
            yield Send(frame.encode())

    def _accepted(self, path: str, data: bytes) -> tuple[WireRequest, ModelSpec]:
        if len(data) > choices.MAX_REQUEST_BYTES:
            raise refused(choices.TOO_LARGE, choices.MAX_REQUEST_BYTES)
        request = decode_request(data)
        spec = self._router.find(path, request)
        check(request, spec, self._credentials.app_id)
        return request, spec


_TEXT: Mapping[str, str] = {"Content-Type": "text/plain; charset=utf-8"}
_JSON: Mapping[str, str] = {"Content-Type": "application/json; charset=utf-8"}
