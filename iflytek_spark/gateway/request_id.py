"""The id of a request: the caller's own, or a new one; in the response, the log and errors."""

from __future__ import annotations

import re
import uuid

from starlette.types import Scope

HEADER = b"x-request-id"
_OTHER = re.compile(r"[^A-Za-z0-9_.:=+/-]")
_MAX_LENGTH = 64


def request_id_of(scope: Scope) -> str:
    """Return the id that a caller gave its request, or a new one.

    Of the caller's, which is logged and sent back, only letters, digits and ``_.:=+/-`` are kept,
    64 at most.
    """
    given = next((value for name, value in scope["headers"] if name == HEADER), b"")
    return _OTHER.sub("", given.decode("latin-1"))[:_MAX_LENGTH] or f"req_{uuid.uuid4().hex}"
