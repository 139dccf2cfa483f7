"""Who calls over HTTP, and which model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from iflytek_spark.emulator import HttpKeys
from tests._support.calls import Target
from tests.contract.cases import Dialect

HTTP_KEYS = HttpKeys("password1", "0123456789abcdef0123456789abcdef:bWFhcyBrZXkgbnVtYmVyIG9uZQ==")
MODELS: dict[Dialect, str] = {"A": "4.0Ultra", "B": "xopglm5"}


@dataclass(frozen=True)
class HttpTarget(Target):
    """A service that is asked over HTTP."""

    model: str = ""
    wire: str = "http"

    def model_settings(self) -> dict[str, Any]:
        return {**super().model_settings(), "maas_api_key": HTTP_KEYS.maas_key}


def over_http(target: Target, dialect: Dialect) -> HttpTarget:
    """The same service, spoken to in a dialect of HTTP."""
    keys = replace(target.credentials, maas_api_key=HTTP_KEYS.maas_key)
    known = {**target.client_settings(), "credentials": keys}
    return HttpTarget(**known, model=MODELS[dialect])
