"""The gateway's own keys, which the configuration holds hashed."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import Scope

from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError

_CHALLENGE = {"www-authenticate": "Bearer"}
_BYTES = 32
_PREFIX = "sk-spark-"


def new_key() -> tuple[str, str]:
    """Make a key of 256 random bits.

    Returns:
        The key, for the caller, and its hash, for the configuration.
    """
    key = _PREFIX + secrets.token_urlsafe(_BYTES)
    return key, hash_key(key)


def hash_key(key: str) -> str:
    """Return what the configuration holds of a key: ``sha256:`` and 64 hexadecimal digits.

    One round without salt is enough: a key of 256 random bits cannot be guessed from its hash, as
    a password of a person's could, and a request is not slowed down by checking it.
    """
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


class KeyRing:
    """The keys that callers may use."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """Set up with names and hashes; with none, every caller is admitted."""
        self._keys = dict(keys)

    def replace(self, keys: Mapping[str, str]) -> None:
        """Take other keys from now on."""
        self._keys = dict(keys)

    def caller(self, scope: Scope) -> str:
        """Return the name of the caller's key, or the caller's address when there are no keys.

        Raises:
            GatewayError: for a request without a known key.
        """
        if not self._keys:
            address = scope.get("client")
            return address[0] if address else "unknown"
        given = hash_key(_bearer(scope))
        # Every hash is compared, so that the time does not show which one fits.
        names = [name for name, known in self._keys.items() if hmac.compare_digest(given, known)]
        if not names:
            raise GatewayError(
                ErrorRow.INVALID_API_KEY,
                "this key is not known to the gateway: ask its operator for one",
                headers=_CHALLENGE,
            )
        return names[0]


def _bearer(scope: Scope) -> str:
    scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise GatewayError(
            ErrorRow.INVALID_API_KEY,
            "the gateway's key is missing: send it as 'Authorization: Bearer KEY'"
            " (the api_key of OpenAI's clients)",
            headers=_CHALLENGE,
        )
    return key.strip()
