"""The gateway's own keys, which the configuration holds hashed."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

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


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and what the key may do.

    Attributes:
        name: the key's, or the caller's address when there are no keys.
        models: the only models that it may use, by the catalogue's names; None for all.
        requests_per_minute: None for the gateway's own limit.
        concurrent_requests: None for the gateway's own limit.
        tokens_per_day: None for no budget.
        tokens_per_month: None for no budget.
    """

    name: str
    models: frozenset[str] | None = None
    requests_per_minute: int | None = None
    concurrent_requests: int | None = None
    tokens_per_day: int | None = None
    tokens_per_month: int | None = None


class KeyStore(Protocol):
    """Keys that are not in the configuration."""

    def start(self) -> None:
        """Begin to look for changes."""

    def close(self) -> None:
        """End; this may wait."""

    def find(self, hashed: str) -> Caller | None:
        """Find a key by its hash, at once.

        Raises:
            GatewayError: for one that was revoked, or has expired.
        """

    def check_budget(self, caller: Caller) -> None:
        """Check that a caller has tokens left.

        Raises:
            GatewayError: when its budget is used up.
        """


class KeyRing:
    """The keys that callers may use."""

    def __init__(self, keys: Mapping[str, str], store: KeyStore | None = None) -> None:
        """Set up; with no key and no store, every caller is admitted.

        Args:
            keys: names and hashes.
            store: further keys, or None.
        """
        self._keys = dict(keys)
        self._store = store

    def caller(self, scope: Scope) -> Caller:
        """Return whose key a request has.

        Raises:
            GatewayError: for a request without a known key.
        """
        if not self._keys and self._store is None:
            address = scope.get("client")
            return Caller(address[0] if address else "unknown")
        given = hash_key(_bearer(scope))
        # Every hash is compared, so that the time does not show which one fits.
        names = [name for name, known in self._keys.items() if hmac.compare_digest(given, known)]
        if names:
            return Caller(names[0])
        # A dictionary of hashes shows nothing either: nobody can choose what a hash begins with.
        found = self._store.find(given) if self._store else None
        if found is None:
            raise key_refused("this key is not known to the gateway: ask its operator for one")
        return found


def key_refused(why: str) -> GatewayError:
    """Return what answers a request whose key is not admitted."""
    return GatewayError(ErrorRow.INVALID_API_KEY, why, headers=_CHALLENGE)


def _bearer(scope: Scope) -> str:
    scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise key_refused(
            "the gateway's key is missing: send it as 'Authorization: Bearer KEY'"
            " (the api_key of OpenAI's clients)"
        )
    return key.strip()
