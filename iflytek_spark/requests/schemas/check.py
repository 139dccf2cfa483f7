"""Whether a value fits a JSON schema that is not trusted, in a bounded number of steps.

It knows JSON Schema's draft 2020-12 and the older forms of a few keywords. ``format``, annotations
and keywords that it does not know are passed over; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iflytek_spark.requests.schemas.check_parts import PART_CHECKS
from iflytek_spark.requests.schemas.check_values import VALUE_CHECKS
from iflytek_spark.requests.schemas.run import MAX_LEVELS, MAX_STEPS, Run, TooManyStepsError

__all__ = ["MAX_LEVELS", "MAX_STEPS", "SchemaCheck", "TooManyStepsError"]

_CHECKS = {**VALUE_CHECKS, **PART_CHECKS}


class SchemaCheck:
    """A schema that values can be checked against."""

    def __init__(self, schema: Mapping[str, Any], *, lenient: bool = False) -> None:
        """Set up. Nothing is done before there is a value.

        Args:
            schema: a JSON schema, of which ``$ref`` leads to parts of itself. Parts that are no
                schema allow everything.
            lenient: whether a number or a boolean may also stand in a string, as models write
                them where a schema was told them as text.
        """
        self.schema = schema
        self.lenient = lenient

    def problem(self, value: object) -> str:
        """Say what is wrong with a value, with its JSON path: ``$.to[0]: 5 is not a string``.

        Returns:
            An empty string for a value that fits.

        Raises:
            TooManyStepsError: when it takes more than ``MAX_STEPS`` steps or ``MAX_LEVELS``
                levels.
        """
        found = Run(self.schema, _CHECKS, lenient=self.lenient).check(self.schema, value, "$")
        return "" if found is None else str(found)
