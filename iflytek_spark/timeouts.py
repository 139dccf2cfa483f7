"""How long a call may take."""

from __future__ import annotations

from dataclasses import dataclass, replace

from iflytek_spark.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The time-outs of a call, in seconds, each more than 0.

    Attributes:
        connect: until the WebSocket is open.
        response: from the request to the first frame.
        idle: from one frame to the next.
        total: the whole call with its retries.
        first: until the first part of the answer, all tries together; None for no such bound.
    """

    connect: float = 10.0
    response: float = 60.0
    idle: float = 60.0
    total: float = 600.0
    first: float | None = None

    @classmethod
    def of(cls, given: Timeouts | float | None) -> Timeouts:
        """Return time-outs as they are, the usual ones for None, or those of a whole call."""
        if given is None or isinstance(given, Timeouts):
            return given or cls()
        usual, whole = cls(), cls(total=given)
        return replace(
            whole,
            connect=min(given, usual.connect),
            response=min(given, usual.response),
            idle=min(given, usual.idle),
        )

    def __post_init__(self) -> None:
        """Refuse a time-out that is not a positive number of seconds."""
        for name in ("connect", "response", "idle", "total", "first"):
            value = getattr(self, name)
            if name == "first" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
                raise ConfigurationError(f"timeout {name} is {value!r}, not a number of seconds")
