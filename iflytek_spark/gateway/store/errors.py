"""What goes wrong with the store; the command line prints it, the operator's routes answer it."""

from __future__ import annotations

from iflytek_spark.errors import ConfigurationError


class StoreUnavailableError(ConfigurationError):
    """The database cannot be reached, or does not do what it should."""


class NoSuchKeyError(ConfigurationError):
    """No key has this id or name."""
