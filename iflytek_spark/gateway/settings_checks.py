"""What a setting must be, beyond its type, and how a wrong one is told: in one line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from types import NoneType
from typing import Annotated, Any, TypeAlias, get_args

from pydantic import AfterValidator, BaseModel
from pydantic_core import ErrorDetails, PydanticCustomError

from iflytek_spark import find_model
from iflytek_spark.errors import ConfigurationError, UnknownModelError

_PREFIX = "GATEWAY_"
_FOREIGN = re.compile(r"GATEWAY_(SERVICE_.*|PORT_.*|INTERFACE)")
"""What Kubernetes writes for a service of this name, and CGI."""

_ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://[^/?#\s,]+|null")


def _check_origin(origin: str) -> str:
    if not _ORIGIN.fullmatch(origin):
        raise PydanticCustomError(
            "origin",
            "{origin} is no site like https://chat.example.com, without a path",
            {"origin": repr(origin)},
        )
    return origin


Origin: TypeAlias = Annotated[str, AfterValidator(_check_origin)]
"""A site, as browsers name it."""


def check_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse all sites beside one of them."""
    if "*" in origins and len(origins) > 1:
        raise PydanticCustomError("origins", "'*' stands for all sites, so leave the others out")
    return origins


def _check_image_model(name: str) -> str:
    try:
        spec = find_model(name)
    except UnknownModelError as error:
        message = f"{error.message}; use image, imagev3 or none"
        raise PydanticCustomError("image_model", "{message}", {"message": message}) from error
    if not spec.images:
        raise PydanticCustomError(
            "image_model",
            "model {name} cannot look at images; use image, imagev3 or none",
            {"name": repr(name)},
        )
    return name


ImageModel: TypeAlias = Annotated[str, AfterValidator(_check_image_model)]
"""A model that looks at images."""


def read_none(model: type[BaseModel], values: Any) -> Any:
    """Read ``none`` as None where a setting may be None: TOML and variables have no such value."""
    if not isinstance(values, Mapping):
        return values
    may_be = {
        name for name, row in model.model_fields.items() if NoneType in get_args(row.annotation)
    }
    return {
        name: None
        if name in may_be and isinstance(value, str) and value.lower() == "none"
        else value
        for name, value in values.items()
    }


def check_variables(model: type[BaseModel], environ: Mapping[str, str]) -> None:
    """Refuse a variable that looks like a setting and is none.

    Raises:
        ConfigurationError: for such a variable; it names the nearest.
    """
    settings = {f"{_PREFIX}{name.upper()}" for name in model.model_fields}
    for name in sorted(environ):
        given = name.upper()
        if not given.startswith(_PREFIX) or _FOREIGN.fullmatch(given):
            continue
        if given not in settings and given.partition("__")[0] not in settings:
            hint = _nearest(given, settings) or "the README lists every setting"
            raise ConfigurationError(f"there is no setting for the variable {name}", hint=hint)


def problem_text(model: type[BaseModel], problem: ErrorDetails) -> str:
    """Say what is wrong with a setting."""
    name = ".".join(map(str, problem["loc"]))
    match problem["type"]:
        case "extra_forbidden":
            nearest = _nearest(name, model.model_fields)
            return f"there is no setting {name}" + (f" — {nearest}" if nearest else "")
        case "string_pattern_mismatch" if name.startswith("keys."):
            hint = "run iflytek-spark gateway --new-key NAME, which prints the line"
            if name.removeprefix("keys.") in model.model_fields:
                hint = "settings stand above [keys], which holds nothing else"
            return f"the gateway's setting {name} is no hash of a key (sha256:…) — {hint}"
    return f"the gateway's setting {name}: {problem['msg']}".replace("setting : ", "settings: ")


def _nearest(name: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else ""
