"""Which kind a key of iFlytek's is, by its form, so that a wrong one is named and not tried.

The forms are those of PROTOCOL.md §2.1 and §11: an APIKey is 32 hexadecimal digits, an APISecret 32
characters of base64, a MaaS key the one, a colon and base64.
"""

from __future__ import annotations

import re

from iflytek_spark.errors import ConfigurationError, MissingCredentialsError

_HEX = re.compile(r"[0-9a-f]{32}")
_MAAS = re.compile(r"[0-9a-f]{32}:[A-Za-z0-9+/_-]{16,}=*")
_SECRET = re.compile(r"(?=.*[G-Zg-z])[A-Za-z0-9+/]{31,32}=?")
_CONSOLE = "copy it again from https://console.xfyun.cn"
_KINDS = {
    "api_key": "the APIKey of an app, which is 32 hexadecimal digits",
    "api_secret": "the APISecret of an app, which is 32 characters of base64",
    "maas_api_key": "the key of a MaaS service or plan, which is 32 hexadecimal digits, a colon "
    "and base64",
}


def check_value(name: str, value: object) -> None:
    """Refuse a value that no header can carry, without showing it.

    Raises:
        ConfigurationError: for such a value.
    """
    if not (isinstance(value, str) and value.isascii() and value.isprintable() and value):
        raise ConfigurationError(f"{name} is empty or not a plain ASCII string", hint=_CONSOLE)


def kind_of(value: str) -> str:
    """Return the setting that a value looks made for, or an empty string."""
    if _HEX.fullmatch(value):
        return "api_key"
    if _MAAS.fullmatch(value):
        return "maas_api_key"
    return "api_secret" if _SECRET.fullmatch(value) else ""


def check_kinds(
    _app_id: str, api_key: str, api_secret: str, api_password: str, maas_api_key: str
) -> None:
    """Refuse a key that is surely of another kind.

    Raises:
        ConfigurationError: it says where which kind of key was put, and shows none.
    """
    if kind_of(api_key) == "api_secret" and kind_of(api_secret) == "api_key":
        raise ConfigurationError(
            "api_key holds an APISecret and api_secret an APIKey", hint="exchange the two"
        )
    for name, value, wrong in (
        ("api_key", api_key, ("maas_api_key",)),
        ("api_secret", api_secret, ("maas_api_key",)),
        ("api_password", api_password, ("api_key",)),
        ("maas_api_key", maas_api_key, ("api_key", "api_secret")),
    ):
        found = kind_of(value)
        if found in wrong:
            raise ConfigurationError(
                f"{name} holds {_KINDS[found]}", hint=f"give it as {found}; {name} is another key"
            )


def missing_key(needed: str, held: str) -> MissingCredentialsError:
    """Return the error of a call whose kind of key is not there.

    Args:
        needed: what the call needs, with its variables.
        held: what there is.
    """
    return MissingCredentialsError(
        f"this call needs {needed}; there is {held} only",
        hint="they stand in the console, https://console.xfyun.cn, each on its product's page",
    )
