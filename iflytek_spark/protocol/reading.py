"""How the answers of a client are read."""

from __future__ import annotations

from dataclasses import dataclass

from iflytek_spark.assumptions import MAX_RESPONSE_BYTES
from iflytek_spark.errors import ConfigurationError, ProtocolError


@dataclass(frozen=True, slots=True)
class Reading:
    """How the answers of a client are read.

    Attributes:
        strict: whether everything that is not as documented is an error.
        max_bytes: of all messages of one answer, 1 or more.

    Raises:
        ConfigurationError: for a limit below 1.
    """

    strict: bool = False
    max_bytes: int = MAX_RESPONSE_BYTES

    def __post_init__(self) -> None:
        """Refuse a limit that no answer keeps to."""
        if self.max_bytes < 1:
            raise ConfigurationError(f"max_response_bytes is {self.max_bytes}, not 1 or more")

    def too_large(self, sid: str = "") -> ProtocolError:
        """Return the error for an answer of more bytes."""
        return ProtocolError(
            f"Spark's answer has more than {self.max_bytes} bytes",
            sid=sid or None,
            hint="raise max_response_bytes of the client if such answers are wanted",
        )
