"""What a model has no field for: refused, or left out and told.

What only tunes an answer (sampling, penalties, a seed) may be left out, and a number out of range
be brought into it. What changes an answer's form (several answers, log-probabilities, audio, a
grammar) is always refused: a program that reads another form would read nonsense.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from iflytek_spark.errors import ConfigurationError, InvalidRequestError
from iflytek_spark.models.routes import WIRES, WireChoice

Unsupported: TypeAlias = Literal["refuse", "ignore"]
"""What is done with an option that the model has no field for."""

LOGGER = logging.getLogger("iflytek_spark")

_FORM: Mapping[str, tuple[object, ...]] = {
    "tool_choice": ("none", "auto"),
    "functions": (),
    "function_call": ("none", "auto"),
    "n": (1,),
    "best_of": (1,),
    "candidate_count": (1,),
    "num_return_sequences": (1,),
    "logprobs": (),
    "top_logprobs": (),
    "prompt_logprobs": (),
    "return_logprobs": (),
    "audio": (),
    "modalities": (["text"], ("text",)),
    "response_modalities": (["text"], ("text",)),
    "stream": (),
    "echo": (),
    "suffix": (),
    "format": ("text",),
    "grammar": (),
    "guided_json": (),
    "guided_regex": (),
    "guided_choice": (),
    "guided_grammar": (),
    "json_schema": (),
    "regex": (),
    "response_schema": (),
    "structured_outputs": (),
}
"""Fields, of other services too, that change an answer's form, unless they are empty or one of
these values."""

_MAX_KINDS = 100
_reported: set[str] = set()


class UnsupportedOptionError(Exception):
    """What the model has no field for; it never leaves this room.

    Attributes:
        error: what is raised where unsupported options are refused.
        substitute: what stands for the value where they are ignored; None leaves it out.
    """

    def __init__(self, error: InvalidRequestError, substitute: object = None) -> None:
        """Keep both ways."""
        super().__init__(error.message)
        self.error = error
        self.substitute = substitute


def check_unsupported(value: Unsupported) -> Unsupported:
    """Check the setting of a client.

    Raises:
        ConfigurationError: for another value.
    """
    if value not in ("refuse", "ignore"):
        raise ConfigurationError(f"unsupported is {value!r}, not refuse or ignore")
    return value


def check_wire(value: WireChoice) -> WireChoice:
    """Check another setting of a client.

    Raises:
        ConfigurationError: for another value.
    """
    if value not in WIRES:
        raise ConfigurationError(f"wire is {value!r}, not {', '.join(WIRES)}")
    return value


def changes_form(name: str, value: object) -> bool:
    """Return whether a field asks for another form of the answer.

    Args:
        name: the field, of this library or of another service.
        value: what it was set to; what is empty, zero or False asks for nothing.
    """
    return name in _FORM and bool(value) and value not in _FORM[name]


def log_ignored(model: str, names: Sequence[str]) -> None:
    """Tell in the log what was left out or brought into range, once a process as a warning."""
    new = [name for name in names if name not in _reported and len(_reported) < _MAX_KINDS]
    _reported.update(new)
    if names:
        LOGGER.log(
            logging.WARNING if new else logging.DEBUG,
            "left out, or brought into range, since model %r has no such thing: %s",
            model,
            ", ".join(map(repr, names)),
        )
