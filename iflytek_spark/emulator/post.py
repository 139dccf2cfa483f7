"""The services of signed POST: embeddings and image generation (PROTOCOL.md §7, §8)."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit

from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator import assumptions
from iflytek_spark.emulator.account import Account, AccountRequest
from iflytek_spark.emulator.checks import refused
from iflytek_spark.emulator.connections.http import TEXT, HttpConnection, HttpRequest
from iflytek_spark.emulator.connections.player import play
from iflytek_spark.emulator.media.png import encode_png
from iflytek_spark.emulator.media.vectors import text_vector
from iflytek_spark.emulator.plan import Fault, Plan, Refuse, Send
from iflytek_spark.emulator.request_log import RequestLog, SeenRequest
from iflytek_spark.emulator.signed_service import SignedService
from iflytek_spark.models.services import (
    EMBEDDING,
    IMAGE_GENERATION,
    IMAGE_SIZES,
    MAX_IMAGE_PROMPT,
    MAX_TOKENS,
)
from iflytek_spark.protocol.wire import embedding, image
from iflytek_spark.protocol.wire.values import RequestRefusedError
from iflytek_spark.rates.limits import Product
from iflytek_spark.requests.tokens import estimate_tokens


class PostService(SignedService):
    """Answers the signed POST requests of one emulator."""

    def __init__(
        self,
        credentials: Credentials,
        log: RequestLog,
        account: Account,
        *,
        max_qps: float | None,
        clock: Callable[[], float],
    ) -> None:
        """Set up; each service takes ``max_qps`` requests in any second, or any number for None."""
        super().__init__(credentials, log, clock)
        self._account = account
        self._limit = RateLimit(max_qps)

    async def answer(self, connection: HttpConnection, request: HttpRequest) -> bool:
        """Answer one request, and return whether a further one may follow."""
        handshake, faults = self._log.handshake(request.path, request.headers)
        opening = self.opening(request.target, request.host, faults, request.method)
        if (goes_on := await self.hindered(connection, opening)) is not None:
            return goes_on
        self._log.request(SeenRequest(handshake, request.body))
        connection.accept(self.date)
        with self._account.request(POST_SERVICES[request.path].product) as asked:
            plan = self._plan(request, faults, asked)
            end = await play(asked.ending(plan), connection)
        return end is not None and end.code == assumptions.CLOSE_CODE

    def _refusal(self, target: str, host: str, method: str) -> Refuse | None:
        if target.partition("?")[0] not in POST_SERVICES:
            return Refuse(404, assumptions.UNKNOWN_PATH, TEXT)
        return super()._refusal(target, host, method)

    def _plan(self, request: HttpRequest, faults: tuple[Fault, ...], asked: AccountRequest) -> Plan:
        service = POST_SERVICES[request.path]
        sid = self.new_sid(service.sid)
        try:
            asked.check()
            self._limit.check(request.path)
            answer = Send(service.answer(request.body, self._credentials.app_id, sid))
        except RequestRefusedError as error:
            answer = self.error(sid, error)
        return self.plan(sid, (answer,), faults)


class RateLimit:
    """Counts the requests of the last second, for each service apart."""

    def __init__(self, max_qps: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with no request counted; None is no limit, and ``clock`` counts from any moment."""
        self._max_qps = max_qps
        self._clock = clock
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)

    def check(self, path: str) -> None:
        """Count a request to the service at a path.

        Raises:
            RequestRefusedError: for one too many.
        """
        if self._max_qps is None:
            return
        times, now = self._times[path], self._clock()
        while times and times[0] <= now - 1:
            times.popleft()
        if len(times) >= self._max_qps:
            raise refused(assumptions.TOO_FAST)
        times.append(now)


def answer_embedding(data: bytes, app_id: str, sid: str) -> bytes:
    """Answer the request in ``data`` with a vector, and return the answer's body.

    The signature belongs to ``app_id``.

    Raises:
        RequestRefusedError: for the first thing that the service would refuse.
    """
    request = embedding.decode_embedding_request(data)
    _check_header(request.app_id, request.uid, app_id)
    if request.domain not in embedding.DOMAINS.values():
        raise refused(assumptions.WRONG_EMBEDDING_DOMAIN, request.domain)
    if not request.text.strip():
        raise refused(assumptions.EMPTY_CONTENT, 0)
    tokens = estimate_tokens(request.text)
    if tokens > MAX_TOKENS:
        raise refused(assumptions.TOO_LONG, tokens, MAX_TOKENS)
    vector = text_vector(request.text, request.domain)
    return embedding.encode_embedding_answer(sid, vector)


def answer_image(data: bytes, app_id: str, sid: str) -> bytes:
    """Answer with an image; see :func:`answer_embedding`."""
    request = image.decode_image_request(data)
    _check_header(request.app_id, request.uid, app_id)
    if request.domain != image.DOMAIN:
        raise refused(assumptions.WRONG_DOMAIN)
    if not request.prompt.strip():
        raise refused(assumptions.EMPTY_CONTENT, 0)
    if len(request.prompt) > MAX_IMAGE_PROMPT:
        raise refused(assumptions.LONG_PROMPT, MAX_IMAGE_PROMPT)
    if (request.width, request.height) not in IMAGE_SIZES:
        raise refused(assumptions.OUT_OF_RANGE, "width", f"{request.width}x{request.height}")
    png = encode_png(request.prompt, request.width, request.height)
    return image.encode_image_answer(sid, png)


def _check_header(app_id: str, uid: str, known: str) -> None:
    if app_id != known:
        raise refused(assumptions.WRONG_APP_ID)
    if len(uid) > assumptions.POSTED_UID_LENGTH:
        raise refused(assumptions.LONG_UID, assumptions.POSTED_UID_LENGTH)


Answer: TypeAlias = Callable[[bytes, str, str], bytes]
"""Takes a request's body, the app's id and a session id, and returns the answer's body."""


class PostedService(NamedTuple):
    """One service.

    Attributes:
        sid: how its session ids begin.
        product: what the account is charged for.
        answer: what it does.
    """

    sid: str
    product: Product
    answer: Answer


POST_SERVICES = {
    urlsplit(EMBEDDING.url).path: PostedService("ase", "embeddings", answer_embedding),
    urlsplit(IMAGE_GENERATION.url).path: PostedService("cht", "images", answer_image),
}
"""The services by their paths."""
