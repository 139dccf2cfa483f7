"""Whose files and batches are whose: their ids are signed, so that nothing has to be kept.

A caller is shown each id with a signature behind it, which only the gateway can make, and for this
caller alone. It is made with the account's key: all workers and machines of a gateway make the
same, and with several accounts it tells which one an id belongs to.
"""

from __future__ import annotations

import hashlib
import hmac

from iflytek_spark import Credentials

_DIGITS = 24
_CONTEXT = b"iflytek-spark gateway: files and batches\n"


class OwnedIds:
    """Signs and checks the ids of one account."""

    def __init__(self, credentials: Credentials) -> None:
        """Set up for the account of these keys."""
        known = credentials
        keys = f"{known.api_password}\n{known.api_key}\n{known.api_secret}"
        self._secret = hashlib.sha256(_CONTEXT + keys.encode()).digest()

    def sign(self, owner: str, found: str) -> str:
        """Return an id as its owner is shown it; an empty one stays empty."""
        return f"{found}-{self._mac(owner, found)}" if found else ""

    def check(self, owner: str, given: str) -> str | None:
        """Return the id that an owner was shown, or None for any other text."""
        found, _, mac = given.rpartition("-")
        good = hmac.compare_digest(mac.encode(), self._mac(owner, found).encode())
        return found if found and good else None

    def tag(self, owner: str) -> str:
        """Return what marks a file's name, and a batch's metadata, as an owner's."""
        return self._mac(owner, "")

    def _mac(self, owner: str, found: str) -> str:
        message = f"{owner}\n{found}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:_DIGITS]
