"""Which model a caller means: the catalogue's names, the configuration's and the older dialect's.

The gateway is compatible with an older one, whose callers say ``"model": "spark-api"`` with a
``version``, ``"vision"`` and ``"gpt-4-vision-preview"``.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from urllib.parse import urlsplit

from iflytek_spark.catalogue import DEFAULT_MODEL, list_models, resolve
from iflytek_spark.errors import InvalidRequestError, UnknownModelError
from iflytek_spark.model_spec import ModelSpec
from iflytek_spark.service_catalogue import EMBEDDING, IMAGE_GENERATION, Service

OLDER_TEXT_MODEL = "spark-api"
_OLDER_NAMES = {"vision": "image", "gpt-4-vision-preview": "image"}

EMBEDDING_MODEL = "spark-embedding"
IMAGE_MODEL = "spark-image"
"""Names for the two services that are no chat models."""

_SERVICES: Mapping[str, Service] = {EMBEDDING_MODEL: EMBEDDING, IMAGE_MODEL: IMAGE_GENERATION}
_ROUTES = {EMBEDDING_MODEL: "/v1/embeddings", IMAGE_MODEL: "/v1/images/generations"}


def chosen_model(name: str, version: str | None, own_names: Mapping[str, str]) -> ModelSpec:
    """Find the model of a request.

    Args:
        name: the request's ``model``.
        version: the request's ``version``, which goes with ``spark-api`` alone.
        own_names: the configuration's names and what they mean.

    Returns:
        The model.

    Raises:
        UnknownModelError: for an unknown name; it lists the nearest.
        InvalidRequestError: for a version beside another model.
    """
    if name == OLDER_TEXT_MODEL:
        return resolve(version or DEFAULT_MODEL)
    if version is not None:
        raise InvalidRequestError(
            f"version is {version!r}, but it goes with model {OLDER_TEXT_MODEL!r} alone",
            hint="leave it out",
            param="version",
        )
    found = find_model(name, own_names)
    if isinstance(found, ModelSpec):
        return found
    route = _ROUTES[_meaning(name, own_names)]
    raise UnknownModelError(f"model {name!r} does not chat", hint=f"it answers at {route}")


def find_model(name: str, own_names: Mapping[str, str]) -> ModelSpec | Service:
    """Find a model or a service by any name.

    Args:
        name: a name of the catalogue, of the configuration or of the older dialect.
        own_names: the configuration's names and what they mean.

    Returns:
        What the name means.

    Raises:
        UnknownModelError: for an unknown name; it lists the nearest.
    """
    meaning = _meaning(name, own_names)
    if meaning in _SERVICES:
        return _SERVICES[meaning]
    try:
        return resolve(DEFAULT_MODEL if meaning == OLDER_TEXT_MODEL else meaning)
    except UnknownModelError as error:
        near = difflib.get_close_matches(name, model_ids(own_names), n=3, cutoff=0.4)
        question = f"did you mean {' or '.join(near)}? " if near else ""
        raise UnknownModelError(
            error.message, hint=f"{question}GET /v1/models lists every model"
        ) from None


def older_fields(name: str, spec: ModelSpec) -> dict[str, str]:
    """Return what the older gateway adds to an answer to its own names, and nothing to others.

    Args:
        name: the request's ``model``.
        spec: the model that answered.
    """
    if name != OLDER_TEXT_MODEL and name not in _OLDER_NAMES:
        return {}
    version = next(part for part in urlsplit(spec.url).path.split("/") if part)
    return {"version": version, "domain": spec.domain}


def check_service(name: str, service: str, own_names: Mapping[str, str]) -> None:
    """Refuse a model that is not a service's.

    Args:
        name: the request's ``model``.
        service: the service's name.
        own_names: the configuration's names and what they mean.

    Raises:
        UnknownModelError: for any other name.
    """
    if _meaning(name, own_names) != service:
        raise UnknownModelError(
            f"model {name!r} does not answer at {_ROUTES[service]}", hint=f"{service} does"
        )


def model_ids(own_names: Mapping[str, str]) -> tuple[str, ...]:
    """Return every name that is listed, the catalogue's first."""
    catalogue = (spec.name for spec in list_models())
    return tuple(dict.fromkeys((*catalogue, *_SERVICES, OLDER_TEXT_MODEL, *own_names)))


def _meaning(name: str, own_names: Mapping[str, str]) -> str:
    return own_names.get(name) or _OLDER_NAMES.get(name) or name
