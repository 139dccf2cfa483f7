"""An embedding service that takes so many requests in a second and no more (PROTOCOL.md §8).

It answers any text with one prepared vector; a GET tells how many requests it has refused.
"""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import sys
import time
from collections import deque

from benchmarks.servers.listening import http, response, run

DIMENSIONS = 2560
_SID = "emb000b702a@dx18d6fb9d758b894540"


def _body(code: int, message: str, **more: object) -> bytes:
    return json.dumps({"header": {"code": code, "message": message, "sid": _SID}, **more}).encode()


class Service:
    """What answers, and counts."""

    def __init__(self, limit: int) -> None:
        vector = base64.b64encode(struct.pack(f"<{DIMENSIONS}f", *[0.01] * DIMENSIONS)).decode()
        self._answer = _body(0, "success", payload={"feature": {"text": vector}})
        self._too_fast = _body(11202, "AppIdQpsOverFlowError:(bench) qps")
        self._taken: deque[float] = deque([-1.0] * limit, limit)
        self._refused = 0

    async def serve(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response(self._post() if request else b"%d" % self._refused))

    def _post(self) -> bytes:
        """Take a request, or refuse it when a second has seen as many as it may."""
        now = time.monotonic()
        if now - self._taken[0] < 1:
            self._refused += 1
            return self._too_fast
        self._taken.append(now)
        return self._answer


if __name__ == "__main__":
    asyncio.run(run(http(Service(int(sys.argv[1])).serve)))
