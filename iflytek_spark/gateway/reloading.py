"""What may change while the gateway serves, read anew at SIGHUP: keys, names, accounts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.settings import GatewaySettings

LOGGER = logging.getLogger("iflytek_spark.gateway")

OnReload: TypeAlias = Callable[[GatewaySettings], None]
"""Takes over what it needs of settings that were read anew; the first may refuse them."""


class Reloading:
    """Hands settings that were read anew to whoever asked for them. Streams go on meanwhile."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Start with the settings that the gateway was started with."""
        self._settings = settings
        self._listeners: list[OnReload] = []

    def add(self, listener: OnReload) -> None:
        """Have a function called for each reload, in the thread that reloads."""
        self._listeners.append(listener)

    def reload(self, read: Callable[[], GatewaySettings]) -> bool:
        """Read the settings, and pass them on; when they are wrong the former ones stay.

        Args:
            read: reads them.

        Returns:
            Whether they were taken over. The log says what was or why not.
        """
        try:
            settings = read()
        except ConfigurationError as error:
            return self._refuse(str(error))
        if settings.with_keys != self._settings.with_keys:
            return self._refuse("from no keys to some, and back, it takes a restart")
        try:
            for listener in self._listeners:
                listener(settings)
        except ConfigurationError as error:  # of the first: nothing has changed yet
            return self._refuse(str(error))
        self._settings = settings
        LOGGER.warning(
            "reloaded: %d keys, %d names of models and %d accounts; other settings need a restart",
            len(settings.keys),
            len(settings.models),
            len(settings.accounts),
        )
        return True

    def _refuse(self, why: str) -> bool:
        LOGGER.error("nothing is reloaded: %s", why)
        return False
