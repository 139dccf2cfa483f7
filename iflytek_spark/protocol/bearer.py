"""Which key goes with a request over HTTP (PROTOCOL-HTTP.md §1)."""

from __future__ import annotations

from iflytek_spark.credentials import OWN_FAMILY, Credentials
from iflytek_spark.key_kinds import missing_key

MAAS_KEY_HINT = (
    "check maas_api_key, which belongs to one service or plan and to its host: the keys of plans "
    "serve the plans' hosts only (base_url); an app's APIKey or APIPassword is none"
)
"""What to check when a MaaS host refuses the key."""


def app_of(credentials: Credentials) -> Credentials:
    """Return the credentials, if they can sign.

    Raises:
        MissingCredentialsError: when the three values of an app are not there.
    """
    if not credentials.signs:
        names = ", ".join(OWN_FAMILY.names)
        raise missing_key(f"the three values of an app ({names})", _held(credentials))
    return credentials


def open_key(credentials: Credentials) -> str:
    """Return the key of ``spark-api-open``: an APIPassword, or the app's key and secret.

    Raises:
        MissingCredentialsError: when neither is there.
    """
    if credentials.api_password:
        return credentials.api_password
    if credentials.signs:
        return f"{credentials.api_key}:{credentials.api_secret}"
    names = ", ".join(OWN_FAMILY.names)
    needed = f"an APIPassword ({OWN_FAMILY.api_password}) or the three values of an app ({names})"
    raise missing_key(needed, _held(credentials))


def maas_key(credentials: Credentials) -> str:
    """Return the key of a MaaS service or plan.

    Raises:
        MissingCredentialsError: when there is none.
    """
    if not credentials.maas_api_key:
        needed = f"the key of a MaaS service or plan ({OWN_FAMILY.maas_api_key})"
        raise missing_key(needed, _held(credentials))
    return credentials.maas_api_key


def _held(credentials: Credentials) -> str:
    kinds = {
        "the three values of an app": credentials.signs,
        "an APIPassword": bool(credentials.api_password),
        "a MaaS key": bool(credentials.maas_api_key),
    }
    return " and ".join(kind for kind, is_there in kinds.items() if is_there) or "no key"
