"""Where the store is; it may hold a password."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

SHORTHAND = "sqlite"
DEFAULT_FILE = "iflytek-spark-gateway.db"
"""In the folder where the gateway is started, for the shorthand."""

_POSTGRESQL = {"postgres", "postgresql", "postgresql+psycopg"}


def _checked(url: SecretStr) -> SecretStr:
    """Complete a URL. The parser's own message could show the password."""
    given = url.get_secret_value()
    if given == SHORTHAND:
        return SecretStr(f"sqlite:///{DEFAULT_FILE}")
    with suppress(ValueError):
        parts = urlsplit(given)
        if parts.scheme == "sqlite" and not parts.netloc and parts.path.strip("/"):
            if ":memory:" not in given:
                return url
        elif parts.scheme in _POSTGRESQL and parts.path.strip("/") and parts.port != 0:
            rest = given.partition(":")[2]
            return SecretStr(f"postgresql+psycopg:{rest}")
    raise ValueError(
        "it is no URL like sqlite:///gateway.db, sqlite:////var/lib/spark/gateway.db"
        " or postgresql://name:password@host/database"
    )


StoreURL: TypeAlias = Annotated[SecretStr, AfterValidator(_checked)]
"""``sqlite``, ``sqlite:///…`` or ``postgresql://…``."""
