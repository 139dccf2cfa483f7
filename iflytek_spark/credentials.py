"""Who is calling: the keys of the iFlytek console.

There are three kinds (PROTOCOL.md §2.1, §9, §11). The three values of an app sign for the WebSocket
and the posted services, and serve ``spark-api-open`` too; an APIPassword serves that alone; a MaaS
key serves the MaaS hosts alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from iflytek_spark.errors import MissingCredentialsError
from iflytek_spark.key_kinds import check_kinds, check_value


class EnvironmentFamily(NamedTuple):
    """The names of environment variables that belong together."""

    app_id: tuple[str, ...]
    api_key: str
    api_secret: str
    url: str
    model: str
    api_password: str
    maas_api_key: str

    def read(self, environ: Mapping[str, str]) -> tuple[str, str, str]:
        """Return app id, key and secret, each empty when its variable is."""
        app_id = next((environ[name] for name in self.app_id if environ.get(name)), "")
        return (
            app_id.strip(),
            environ.get(self.api_key, "").strip(),
            environ.get(self.api_secret, "").strip(),
        )

    def read_others(self, environ: Mapping[str, str]) -> tuple[str, str]:
        """Return APIPassword and MaaS key, each empty when its variable is."""
        return (
            environ.get(self.api_password, "").strip(),
            environ.get(self.maas_api_key, "").strip(),
        )

    @property
    def names(self) -> tuple[str, str, str]:
        """The variables of the three credentials."""
        return (" or ".join(self.app_id), self.api_key, self.api_secret)


OWN_FAMILY = EnvironmentFamily(
    ("SPARK_APP_ID", "SPARK_APPID"),
    "SPARK_API_KEY",
    "SPARK_API_SECRET",
    "SPARK_BASE_URL",
    "SPARK_MODEL",
    "SPARK_API_PASSWORD",
    "SPARK_MAAS_API_KEY",
)
FAMILIES = (
    OWN_FAMILY,
    EnvironmentFamily(
        ("IFLYTEK_SPARK_APP_ID",),
        "IFLYTEK_SPARK_API_KEY",
        "IFLYTEK_SPARK_API_SECRET",
        "IFLYTEK_SPARK_API_URL",
        "IFLYTEK_SPARK_LLM_DOMAIN",
        "IFLYTEK_SPARK_API_PASSWORD",
        "IFLYTEK_SPARK_MAAS_API_KEY",
    ),
    EnvironmentFamily(
        ("SPARKAI_APP_ID",),
        "SPARKAI_API_KEY",
        "SPARKAI_API_SECRET",
        "SPARKAI_URL",
        "SPARKAI_DOMAIN",
        "SPARKAI_API_PASSWORD",
        "SPARKAI_MAAS_API_KEY",
    ),
)
"""The families in use, ours first (PROTOCOL.md §11, conventions)."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The keys of an account in the iFlytek console. Only the app id is ever printed.

    A pickle holds the app id alone; see :meth:`with_keys`.

    Attributes:
        app_id: APPID, sent in every request; empty where there is no app.
        api_key: APIKey, sent inside the signature; empty in credentials out of a pickle.
        api_secret: APISecret, never sent but to ``spark-api-open``, where there is no APIPassword:
            it is the key of the signature; empty as the key is.
        api_password: APIPassword of ``spark-api-open``, or an empty string.
        maas_api_key: the key of a MaaS service or plan, or an empty string.
    """

    app_id: str = ""
    api_key: str = field(default="", repr=False)
    api_secret: str = field(default="", repr=False)
    api_password: str = field(default="", repr=False)
    maas_api_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Refuse a value that no header can carry, without showing it, and a key of another kind.

        Raises:
            ConfigurationError: for such a value; it says which kind of key it looks like.
        """
        alone = not any((self.app_id, self.api_key, self.api_secret))
        for name in () if alone and any(map(self._has, _OTHERS)) else _APP:
            check_value(name, getattr(self, name))
        for name in filter(self._has, _OTHERS):
            check_value(name, getattr(self, name))
        check_kinds(*(getattr(self, name) for name in (*_APP, *_OTHERS)))

    def _has(self, name: str) -> bool:
        return bool(getattr(self, name))

    @property
    def signs(self) -> bool:
        """Whether the three values of an app are there."""
        return bool(self.api_key and self.api_secret)

    def __getstate__(self) -> str:
        """Return what a pickle may hold."""
        return self.app_id

    def __setstate__(self, app_id: str) -> None:
        object.__setattr__(self, "app_id", app_id)
        for name in ("api_key", "api_secret", *_OTHERS):
            object.__setattr__(self, name, "")

    def __copy__(self) -> Self:
        """Return this object, which cannot change; a copy is no pickle."""
        return self

    def __deepcopy__(self, memo: object) -> Self:
        """Return this object, which cannot change."""
        return self

    def with_keys(self, environ: Mapping[str, str] | None = None) -> Credentials:
        """Return these credentials with the keys that a pickle has left behind.

        Args:
            environ: the variables; the process's own by default.

        Returns:
            This object when it is complete, else the keys of its app id in the environment.

        Raises:
            MissingCredentialsError: when they are not set there.
        """
        if self.signs or self.api_password or self.maas_api_key:
            return self
        return Credentials.resolve(self.app_id, environ=environ)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Credentials:
        """Read the credentials from the environment.

        Args:
            environ: the variables; the process's own by default.

        Returns:
            The credentials of the first family whose three values are complete: those are never
            mixed. An APIPassword and a MaaS key are each of the first family that has one; they
            are enough by themselves.

        Raises:
            MissingCredentialsError: when no family is complete; it names every variable
                looked for.
        """
        return cls.resolve(environ=environ)

    @classmethod
    def resolve(
        cls,
        app_id: str | None = None,
        api_key: str | None = None,
        api_secret: str | None = None,
        *,
        api_password: str | None = None,
        maas_api_key: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Credentials:
        """Combine explicit values with the environment; explicit ones win.

        Args:
            app_id: APPID, or None to read it. A family that names the same is asked first.
            api_key: APIKey, or None to read it.
            api_secret: APISecret, or None to read it.
            api_password: APIPassword of ``spark-api-open``, or None to read it.
            maas_api_key: the key of a MaaS service or plan, or None to read it.
            environ: the variables; the process's own by default.

        Returns:
            Complete credentials.

        Raises:
            MissingCredentialsError: when a value is found in neither place.
        """
        environ = environment(environ)
        given = tuple((value or "").strip() for value in (app_id, api_key, api_secret))
        others = _others(environ, api_password, maas_api_key)
        if all(given):
            return cls(*given, *others)
        named = [family for family in FAMILIES if given[0] and family.read(environ)[0] == given[0]]
        filled = [
            (family, tuple(own or read for own, read in zip(given, family.read(environ))))
            for family in dict.fromkeys((*named, *FAMILIES))
        ]
        for _, values in filled:
            if all(values):
                return cls(*values, *others)
        if any(others) and not any(given[1:]):
            return cls("", "", "", *others)
        left_behind = bool(given[0]) and not any(given[1:])
        raise _missing(*max(filled, key=lambda row: sum(map(bool, row[1]))), left_behind)


_APP = ("app_id", "api_key", "api_secret")
_OTHERS = ("api_password", "maas_api_key")


def _others(environ: Mapping[str, str], *given: str | None) -> list[str]:
    """Return APIPassword and MaaS key: as given, else of the first family that has one."""
    read = [family.read_others(environ) for family in FAMILIES]
    return [
        (own or "").strip() or next(filter(None, found), "")
        for own, found in zip(given, zip(*read, strict=True), strict=True)
    ]


def environment(given: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return the variables that credentials, address and model are looked for in.

    The core reads the process's environment here and nowhere else, when an object is made.

    Args:
        given: the variables; the process's own by default.
    """
    return os.environ if given is None else given


def environment_family(environ: Mapping[str, str]) -> EnvironmentFamily:
    """Return the family that ``environ`` uses: the first complete one, else the first begun."""
    found = {family: sum(map(bool, family.read(environ))) for family in FAMILIES}
    return max(
        FAMILIES, key=lambda family: (found[family] == len(family.names), bool(found[family]))
    )


def _missing(
    family: EnvironmentFamily, values: tuple[str, ...], left_behind: bool
) -> MissingCredentialsError:
    missing = [name for name, value in zip(family.names, values) if not value]
    others = "; ".join(", ".join(other.names) for other in FAMILIES if other is not family)
    pickled = "keys are never pickled: set them where this runs; " if left_behind else ""
    return MissingCredentialsError(
        f"Spark credentials are missing: set {', '.join(missing)}",
        hint=f"{pickled}or all three of: {others}. They stand in the console, "
        f"https://console.xfyun.cn. Models over HTTP need "
        f"{family.api_password} or {family.maas_api_key} alone",
    )
