"""Looks at the keys and settings without sending anything, and shows none of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from iflytek_spark.cli.doctor.findings import Finding, Section, Verdict, from_error
from iflytek_spark.credentials import FAMILIES, Credentials, EnvironmentFamily
from iflytek_spark.endpoint import Endpoint
from iflytek_spark.errors import (
    ConfigurationError,
    MissingCredentialsError,
    UnknownModelError,
)
from iflytek_spark.key_kinds import kind_of
from iflytek_spark.models.http_models import CHAT_PATH

_QUOTES = "\"'`“”‘’「」"
_KEYS = Section.KEYS


class Settings(NamedTuple):
    """What calls are made with, and what there is to say of it.

    Attributes:
        findings: the matters.
        credentials: the keys, or None when they cannot be used.
        endpoint: model and address, or None when they cannot be used.
    """

    findings: tuple[Finding, ...]
    credentials: Credentials | None
    endpoint: Endpoint | None


def inspect_settings(
    environ: Mapping[str, str], model: str | None, base_url: str | None
) -> Settings:
    """Read keys, model and address as the client does.

    Args:
        environ: the variables.
        model: the model of calls, or None to read it.
        base_url: the address, or None to read it.
    """
    findings = list(_values(environ))
    found, credentials = _credentials(environ)
    findings += found
    found, endpoint = _endpoint(environ, model, base_url)
    return Settings((*findings, *found), credentials, endpoint)


def _names(family: EnvironmentFamily) -> tuple[str, ...]:
    secrets = (family.api_key, family.api_secret, family.api_password, family.maas_api_key)
    return (*family.app_id, *secrets)


def _values(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Find what does not belong into a value but came with it when it was copied."""
    for name in (name for family in FAMILIES for name in _names(family)):
        value = environ.get(name, "")
        bare = value.strip()
        if bare and (bare[0] in _QUOTES or bare[-1] in _QUOTES):
            yield Finding(_KEYS, name, Verdict.WRONG, "quotes")
        elif len(bare.split()) > 1:
            yield Finding(_KEYS, name, Verdict.WRONG, "inner-whitespace")
        elif bare and bare != value:
            yield Finding(_KEYS, name, Verdict.NOTE, "whitespace")


def _credentials(environ: Mapping[str, str]) -> tuple[list[Finding], Credentials | None]:
    try:
        credentials = Credentials.from_env(environ)
    except MissingCredentialsError as error:
        return [_missing(environ, error)], None
    except ConfigurationError as error:
        problem = "swapped" if _swapped(environ) else "kind-of-key"
        problem = problem if "holds" in error.message else "bad-key"
        detail = "" if problem == "swapped" else f"{error.message}; {error.hint}"
        return [Finding(_KEYS, "keys", Verdict.WRONG, problem, detail)], None
    if kind_of(credentials.app_id):
        detail = "app_id holds a key, and an APPID is 8 letters and digits"
        return [Finding(_KEYS, "keys", Verdict.WRONG, "kind-of-key", detail)], None
    return list(_sources(environ, credentials)), credentials


def _sources(environ: Mapping[str, str], known: Credentials) -> Iterator[Finding]:
    """Say which variables the keys in use are from, and which are too few to be used."""
    if known.signs:
        family = next(each for each in FAMILIES if all(each.read(environ)))
        names = (next(name for name in family.app_id if environ.get(name)), *family.names[1:])
        yield Finding(_KEYS, "APPID, APIKey, APISecret", Verdict.OK, "keys-found", ", ".join(names))
    elif begun := _begun(environ):
        yield Finding(_KEYS, "APPID, APIKey, APISecret", Verdict.WRONG, *_parts(begun))
    for title, value, attribute in (
        ("APIPassword", known.api_password, "api_password"),
        ("MaaS key", known.maas_api_key, "maas_api_key"),
    ):
        names = tuple(getattr(family, attribute) for family in FAMILIES)
        if value:
            source = next(name for name in names if environ.get(name, "").strip())
            yield Finding(_KEYS, title, Verdict.OK, "keys-found", source)


def _missing(environ: Mapping[str, str], error: MissingCredentialsError) -> Finding:
    begun = _begun(environ)
    if not begun:
        return Finding(_KEYS, "keys", Verdict.WRONG, "no-keys", f"{error.message}; {error.hint}")
    return Finding(_KEYS, "keys", Verdict.WRONG, *_parts(begun))


def _begun(environ: Mapping[str, str]) -> list[tuple[list[str], list[str]]]:
    """Return, for each family of which an app's values are set, those that are and are not."""
    rows = [
        (
            [name for name, value in zip(family.names, family.read(environ)) if value],
            [name for name, value in zip(family.names, family.read(environ)) if not value],
        )
        for family in FAMILIES
    ]
    return [row for row in rows if row[0]]


def _parts(begun: list[tuple[list[str], list[str]]]) -> tuple[str, str]:
    """Return the problem of values that are no whole, and its detail."""
    if len(begun) > 1:
        return "mixed-families", " | ".join(", ".join(found) for found, _ in begun)
    ((found, missing),) = begun
    return "keys-incomplete", f"{', '.join(found)}; + {', '.join(missing)}"


def _swapped(environ: Mapping[str, str]) -> bool:
    family = next((each for each in FAMILIES if all(each.read(environ))), FAMILIES[0])
    _, key, secret = family.read(environ)
    return kind_of(key) == "api_secret" and kind_of(secret) == "api_key"


def _endpoint(
    environ: Mapping[str, str], model: str | None, base_url: str | None
) -> tuple[list[Finding], Endpoint | None]:
    try:
        endpoint = Endpoint.from_env(model, base_url, environ)
    except UnknownModelError as error:
        return [from_error(_KEYS, "model", "unknown-model", error, Verdict.WRONG)], None
    except ConfigurationError as error:
        return [from_error(_KEYS, "base_url", "base-url-bad", error, Verdict.WRONG)], None
    findings = []
    url = endpoint.base_url
    if url is not None:
        doubled = url.rstrip("/").endswith(CHAT_PATH)
        problem = "base-url-path" if doubled else "base-url"
        verdict = Verdict.NOTE if doubled else Verdict.OK
        findings.append(Finding(_KEYS, "base_url", verdict, problem, url))
    if endpoint.model.retired:
        detail = f"{endpoint.model.name}, {endpoint.model.retired}"
        findings.append(Finding(_KEYS, "model", Verdict.NOTE, "retired-model", detail))
    return findings, endpoint
