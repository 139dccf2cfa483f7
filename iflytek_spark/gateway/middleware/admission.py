"""A request that was let in, until it has been answered."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping

from starlette.types import Message, Send

from iflytek_spark.gateway.middleware.concurrency import Release


class Admission:
    """What a request owes: headers to its answer, and a lease to the book."""

    def __init__(self, headers: Mapping[str, str], release: Release | None) -> None:
        """Set up.

        Args:
            headers: are added to the answer's.
            release: gives the lease back, or None when there is none.
        """
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._release = release

    async def release(self) -> None:
        """Give the lease back, the first time that this is called."""
        release, self._release = self._release, None
        if release is not None:
            await release()

    def sending(self, send: Send) -> Send:
        """Return what sends the answer.

        The lease is given back before the last piece goes out: a caller that asks again as soon as
        it has an answer is not told that the one before is under way.
        """
        if not self._headers and self._release is None:
            return send

        def send_piece(message: Message) -> Awaitable[None]:
            return send(message) if message.get("more_body") else self._send_edge(message, send)

        return send_piece

    async def _send_edge(self, message: Message, send: Send) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
        else:
            await self.release()
        await send(message)
