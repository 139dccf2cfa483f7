"""Which model a caller means: names of the catalogue, the configuration and the legacy gateway.

The legacy gateway is the one that this one replaces: its callers say ``"model": "spark-api"`` with
a ``version``, ``"vision"`` and ``"gpt-4-vision-preview"``.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from iflytek_spark import (
    DEFAULT_MODEL,
    EMBEDDING_SERVICES,
    IMAGE_GENERATION,
    RERANK_SERVICES,
    ModelSpec,
    Service,
    find_model,
    list_models,
)
from iflytek_spark.errors import InvalidRequestError, UnknownModelError
from iflytek_spark.gateway.openai.responses import LegacyFields

LEGACY_TEXT_MODEL = "spark-api"
_LEGACY_NAMES = {"vision": "image", "gpt-4-vision-preview": "image"}

EMBEDDING_MODEL = "spark-embedding"
IMAGE_MODEL = "spark-image"
"""Names for the two signed services that are no chat models."""

EMBEDDINGS_ROUTE, RERANK_ROUTE = "/v1/embeddings", "/v1/rerank"
IMAGES_ROUTE = "/v1/images/generations"

SERVICES: Mapping[str, Service] = {
    **EMBEDDING_SERVICES,
    **RERANK_SERVICES,
    IMAGE_MODEL: IMAGE_GENERATION,
}
"""Every name of a model that does not chat."""
_ROUTES = {
    **dict.fromkeys(EMBEDDING_SERVICES, EMBEDDINGS_ROUTE),
    **dict.fromkeys(RERANK_SERVICES, RERANK_ROUTE),
    IMAGE_MODEL: IMAGES_ROUTE,
}


class ModelNames:
    """Every name that callers may use for a model."""

    def __init__(self, configured: Mapping[str, str] | None = None) -> None:
        """Set up with the configuration's names and what they mean."""
        self.replace(configured or {})

    def replace(self, configured: Mapping[str, str]) -> None:
        """Take other names of the configuration from now on."""
        self._configured = configured
        catalogue = (spec.name for spec in list_models())
        names = (*catalogue, *SERVICES, LEGACY_TEXT_MODEL, *configured)
        self._listed = {name: self.catalogue_name(name) for name in names}

    def chat_model(self, name: str, version: str | None = None) -> ModelSpec:
        """Find the chat model of a request; a ``version`` goes with ``spark-api`` alone.

        Raises:
            UnknownModelError: for an unknown name; it lists the nearest.
            InvalidRequestError: for a version beside another model.
        """
        if name == LEGACY_TEXT_MODEL:
            return find_model(version or DEFAULT_MODEL)
        if version is not None:
            raise InvalidRequestError(
                f"version is {version!r}, but it goes with model {LEGACY_TEXT_MODEL!r} alone",
                hint="leave it out",
                param="version",
            )
        found = self.find(name)
        if isinstance(found, ModelSpec):
            return found
        route = _ROUTES[self._meaning(name)]
        raise UnknownModelError(f"model {name!r} does not chat", hint=f"it answers at {route}")

    def find(self, name: str) -> ModelSpec | Service:
        """Find a chat model or a service by any name.

        Raises:
            UnknownModelError: for an unknown name; it lists the nearest.
        """
        meaning = self._meaning(name)
        if meaning in SERVICES:
            return SERVICES[meaning]
        try:
            return find_model(DEFAULT_MODEL if meaning == LEGACY_TEXT_MODEL else meaning)
        except UnknownModelError as error:
            near = self._nearest(name)
            question = f"did you mean {' or '.join(near)}? " if near else ""
            raise UnknownModelError(
                error.message, hint=f"{question}GET /v1/models lists every model"
            ) from None

    def catalogue_name(self, name: str) -> str:
        """Return the catalogue's name of a model, by which keys are limited.

        Raises:
            UnknownModelError: for an unknown name; it lists the nearest.
        """
        found = self.find(name)
        return found.name if isinstance(found, ModelSpec) else self._meaning(name)

    def service_model(self, name: str, route: str) -> str:
        """Return what a request's ``model`` means, if it answers at this route.

        Raises:
            UnknownModelError: for any other name.
        """
        meaning = self._meaning(name)
        if _ROUTES.get(meaning) != route:
            names = served_at(route)
            does = "does" if len(names) == 1 else "do"
            raise UnknownModelError(
                f"model {name!r} does not answer at {route}", hint=f"{', '.join(names)} {does}"
            )
        return meaning

    def listed(self) -> Mapping[str, str]:
        """Return what ``GET /v1/models`` lists, the catalogue's first: names, and what they mean.

        The meanings are the catalogue's names.
        """
        return self._listed

    def _nearest(self, name: str) -> list[str]:
        """Return the usable models whose names or aliases are nearest to one that is unknown."""
        known = {listed.lower(): listed for listed in self.listed()}
        for spec in list_models():
            names = () if spec.retired else (spec.title, *spec.aliases, spec.name)
            known.pop(spec.name.lower())
            known.update((alias.lower(), spec.name) for alias in names)
        near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.4)
        return list(dict.fromkeys(known[found] for found in near))

    def _meaning(self, name: str) -> str:
        return self._configured.get(name) or _LEGACY_NAMES.get(name) or name


def known_names(names: Mapping[str, str]) -> Mapping[str, str]:
    """Return names for models, of which each means one that exists; a pydantic validator."""
    for name, meaning in names.items():
        try:
            ModelNames().find(meaning)
        except UnknownModelError as error:
            context = {"name": repr(name), "meaning": repr(meaning), "error": str(error)}
            raise PydanticCustomError(
                "model", "{name} means {meaning}, but: {error}", context
            ) from error
    return names


def served_at(route: str) -> list[str]:
    """Return the models that answer at a route."""
    return [name for name, own in _ROUTES.items() if own == route]


def legacy_fields(name: str, spec: ModelSpec) -> LegacyFields:
    """Return what the legacy gateway adds to a response, and nothing under other names."""
    if name != LEGACY_TEXT_MODEL and name not in _LEGACY_NAMES:
        return {}
    version = next(part for part in urlsplit(spec.url).path.split("/") if part)
    return {"version": version, "domain": spec.domain}
