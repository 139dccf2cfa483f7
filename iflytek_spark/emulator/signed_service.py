"""What the services of signed URLs have in common: who may call, sessions, errors, faults."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator import assumptions
from iflytek_spark.emulator.connections.http import JSON, HttpConnection
from iflytek_spark.emulator.connections.player import play
from iflytek_spark.emulator.plan import Close, Fault, Hang, Plan, Refuse, Send, Step
from iflytek_spark.emulator.request_log import RequestLog
from iflytek_spark.protocol.wire.chat_server import encode_error
from iflytek_spark.protocol.wire.signing import http_date, verify_url
from iflytek_spark.protocol.wire.values import RequestRefusedError

_CLOSE = Close(assumptions.CLOSE_CODE, assumptions.CLOSE_REASON)


class SignedService:
    """Base of the services whose URLs are signed (PROTOCOL.md §2.1)."""

    def __init__(
        self, credentials: Credentials, log: RequestLog, clock: Callable[[], float]
    ) -> None:
        """Set up; ``clock`` gives the seconds since 1970."""
        self._credentials = credentials
        self._log = log
        self._clock = clock
        self._sessions = itertools.count(1)

    @property
    def date(self) -> str:
        """The ``Date`` of a response that is written now."""
        return http_date(self._clock())

    @property
    def china_time(self) -> str:
        """The time of day that an error names, for instance ``15:24:29.825``."""
        when = datetime.fromtimestamp(self._clock(), UTC) + timedelta(hours=8)
        return f"{when:%H:%M:%S}.{when.microsecond // 1000:03}"

    def opening(
        self, target: str, host: str, faults: Iterable[Fault], method: str = "GET"
    ) -> Refuse | Hang | None:
        """Return what happens in place of an answer, by a fault or for the signature's sake.

        The ``target`` is path and query, and ``host`` the Host header, which are signed.
        """
        return scripted(faults) or self._refusal(target, host, method)

    async def hindered(
        self, connection: HttpConnection, hindrance: Refuse | Hang | None
    ) -> bool | None:
        """Do what keeps a request of HTTP from its answer.

        Returns:
            Whether a further request may follow, or None where nothing keeps it.
        """
        match hindrance:
            case Hang():
                return await play((hindrance,), connection) is not None
            case Refuse(status, body, headers):
                await connection.respond(status, body, {"Date": self.date, **headers})
                return True
        return None

    def _refusal(self, target: str, host: str, method: str) -> Refuse | None:
        refusal = verify_url(target, host, self._clock(), self._secret_of, method)
        if refusal is None:
            return None
        return Refuse(refusal.status, json.dumps({"message": refusal.message}), JSON)

    def _secret_of(self, api_key: str) -> str | None:
        known = self._credentials
        return known.api_secret if api_key == known.api_key else None

    def new_sid(self, prefix: str) -> str:
        """Make a session id, for instance ``cht000b702a@dx18d6fb9d758b894540``.

        The one in §2.3 seems to hold a time in milliseconds. The prefix is ``cht``, or ``ase`` for
        embeddings.
        """
        number = next(self._sessions)
        low, high = number & 0xFFFF, number >> 16 & 0xFFF
        return f"{prefix}000b{low:04x}@dx{int(self._clock() * 1000):011x}b8{high:03x}40"

    def error(self, sid: str, refused: RequestRefusedError) -> Send:
        """Write an error in the service's grammar, with the time of China (§2.3).

        Its message is, for instance, ``AppIdNoAuthError:(15:24:29.825) tokens.total``.
        """
        message = f"{refused.name}:({self.china_time}) {refused.detail}"
        return Send(encode_error(sid, refused.code, message).encode())

    def plan(self, sid: str, steps: Iterable[Step], faults: Iterable[Fault]) -> Plan:
        """Make the plan of an answer: its steps without its end, and faults in their order."""
        plan: Plan = (*steps, _CLOSE)
        for fault in faults:
            plan = fault.answer(plan, sid)
        return plan


def scripted(faults: Iterable[Fault]) -> Refuse | Hang | None:
    """Return what the first of the faults that act before an answer puts in its place."""
    for fault in faults:
        if step := fault.handshake():
            return step
    return None
