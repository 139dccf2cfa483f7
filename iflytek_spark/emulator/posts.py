"""The services of signed POST: many requests on one connection, one answer each."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping

import h11

from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator import choices
from iflytek_spark.emulator.answers import POSTED_SERVICES
from iflytek_spark.emulator.checks import refused
from iflytek_spark.emulator.faults import Fault
from iflytek_spark.emulator.http import HttpConnection, HttpRequest
from iflytek_spark.emulator.journal import Journal, SeenRequest
from iflytek_spark.emulator.plan import Close, Hang, Plan, Refuse, Send
from iflytek_spark.emulator.wording import error_message, session_id
from iflytek_spark.protocol.service_frames import encode_error
from iflytek_spark.protocol.signing import http_date, verify_url
from iflytek_spark.protocol.wire import RequestRefusedError

_DONE = Close(choices.CLOSE_CODE)
_TEXT: Mapping[str, str] = {"Content-Type": "text/plain; charset=utf-8"}
_JSON: Mapping[str, str] = {"Content-Type": "application/json; charset=utf-8"}


class PostServices:
    """Answers the signed POST requests of one emulator (PROTOCOL.md §7, §8)."""

    def __init__(
        self,
        credentials: Credentials,
        journal: Journal,
        *,
        max_qps: float | None,
        idle_timeout: float,
        clock: Callable[[], float],
    ) -> None:
        """Set up.

        Args:
            credentials: what clients must sign with.
            journal: where everything is noted.
            max_qps: requests that one service takes in any second, or None for no limit.
            idle_timeout: seconds without a request after which a connection is dropped.
            clock: gives the seconds since 1970.
        """
        self._credentials = credentials
        self._journal = journal
        self._idle_timeout = idle_timeout
        self._clock = clock
        self._limit = Limit(max_qps)
        self._answers = itertools.count(1)

    async def serve(self, connection: HttpConnection) -> None:
        """Serve one connection to its end.

        Args:
            connection: a new connection.

        Raises:
            TimeoutError: when no request comes in time.
            OSError: when the client leaves in the middle.
        """
        try:
            while await self._serve_one(connection):
                pass
        except h11.RemoteProtocolError as error:
            await connection.respond(error.error_status_hint, str(error), _TEXT)

    async def _serve_one(self, connection: HttpConnection) -> bool:
        """Serve one request, and tell whether a further one may follow."""
        async with asyncio.timeout(self._idle_timeout):
            request = await connection.read_request()
        if request is None:
            return False
        handshake, faults = self._journal.handshake(request.path, request.headers)
        date = http_date(self._clock())
        scripted = next(filter(None, (fault.handshake() for fault in faults)), None)
        match scripted or self._refusal(request):
            case Hang() as hang:
                return await connection.perform((hang,), date)
            case Refuse(status, body, headers):
                await connection.respond(status, body, {"Date": date, **headers})
                return request.keeps_alive
        self._journal.request(SeenRequest(handshake, request.body))
        return await connection.perform(self._plan(request, faults), date) and request.keeps_alive

    def _refusal(self, request: HttpRequest) -> Refuse | None:
        """Check path and signature as the service does (§2.1)."""
        if request.path not in POSTED_SERVICES:
            return Refuse(404, choices.UNKNOWN_PATH, _TEXT)
        now = self._clock()
        refusal = verify_url(request.target, request.host, now, self._secret_of, request.method)
        if refusal is None:
            return None
        return Refuse(refusal.status, json.dumps({"message": refusal.message}), _JSON)

    def _secret_of(self, api_key: str) -> str | None:
        known = self._credentials
        return known.api_secret if api_key == known.api_key else None

    def _plan(self, request: HttpRequest, faults: tuple[Fault, ...]) -> Plan:
        service = POSTED_SERVICES[request.path]
        now = self._clock()
        sid = session_id(service.sid, next(self._answers), now)
        try:
            self._limit.check(request.path)
            body = service.answer(request.body, self._credentials.app_id, sid)
        except RequestRefusedError as error:
            body = encode_error(sid, error.code, error_message(error, now)).encode()
        plan: Plan = (Send(body), _DONE)
        for fault in faults:
            plan = fault.answer(plan, sid)
        return plan


class Limit:
    """Counts the requests of the last second, for each service apart."""

    def __init__(self, max_qps: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with no request counted.

        Args:
            max_qps: requests that a service takes in any second, or None for no limit.
            clock: gives seconds since any moment.
        """
        self._max_qps = max_qps
        self._clock = clock
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)

    def check(self, path: str) -> None:
        """Count a request.

        Args:
            path: the service's path.

        Raises:
            RequestRefusedError: for one too many.
        """
        if self._max_qps is None:
            return
        times, now = self._times[path], self._clock()
        while times and times[0] <= now - 1:
            times.popleft()
        if len(times) >= self._max_qps:
            raise refused(choices.TOO_FAST)
        times.append(now)
