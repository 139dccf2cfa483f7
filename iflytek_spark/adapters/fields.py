"""The fields of models that adapters set up: how they are declared, and which names there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, AliasChoices, Field, PlainSerializer, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import WebSearch
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.requests.options import OPTIONS

Model: TypeAlias = Annotated[str | ModelSpec, PlainSerializer(to_jsonable_python)]
"""Any of a model's names, or a spec."""


def as_secret(value: SecretStr | str) -> SecretStr:
    """Hide a key that was given as a str."""
    return SecretStr(value) if isinstance(value, str) else value


Secret: TypeAlias = Annotated[SecretStr | str, AfterValidator(as_secret)]
"""A key; it may be given as a str, and is a SecretStr from then on."""

_FOREIGN_NAMES = {
    "additional_kwargs": "model_kwargs",
    "api_base": "base_url",
    "context_window": "model, or a ModelSpec with context_tokens",
    "max_completion_tokens": "max_tokens",
    "openai_api_base": "base_url",
    "openai_api_key": "api_key",
    "reasoning_effort": "thinking",
    "spark_api_url": "base_url",
    "spark_llm_domain": "model",
    "user": "uid",
}
"""What other packages call a setting of ours, where the spelling alone does not tell."""


def option_field(name: str, default: object = None) -> Any:
    """Declare the field of an option; what it means stands in the option's row."""
    return Field(default, description=OPTIONS[name].doc)


def hidden_field(description: str, default: object = None) -> Any:
    """Declare a field that no output shows."""
    return Field(default, description=description, exclude=True, repr=False)


def secret_field(name: str) -> Any:
    """Declare a field whose value prints as stars."""
    description = f"{name} of the console; from the environment by default."
    return Field(None, description=description, repr=False)


def check_names(given: Iterable[str], fields: Mapping[str, FieldInfo]) -> None:
    """Refuse settings that do not exist, all at once; each is told its nearest name.

    Args:
        given: the names of the settings that were given.
        fields: the fields of the class that is made.

    Raises:
        ValueError: when there is no setting of a name.
    """
    known = {known for name, field in fields.items() for known in _names(name, field)}
    wrong = [str(name) for name in given if name not in known]
    if wrong:
        raise ValueError("; ".join(f"there is no setting {_hint(name, known)}" for name in wrong))


def _names(name: str, field: FieldInfo) -> set[object]:
    """Return every name by which a field may be given."""
    alias = field.validation_alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return {name, field.alias, *choices}


def _hint(name: str, known: set[object]) -> str:
    own = [one for one in known if isinstance(one, str)]
    foreign = _FOREIGN_NAMES.get(name, "")
    usable = foreign if foreign.partition(",")[0] in known else ""
    nearest = usable or next(iter(difflib.get_close_matches(name, own, n=1)), "")
    return f"{name!r} (did you mean {nearest}?)" if nearest else f"{name!r}"


def read_web_search(given: object) -> object:
    """Return a web search whose settings are written as a mapping; anything else as it is."""
    if not isinstance(given, Mapping):
        return given
    try:
        return WebSearch(**given)
    except TypeError as error:
        raise InvalidRequestError(
            f"web_search is {dict(given)!r}", hint="its keys are mode and citations"
        ) from error
