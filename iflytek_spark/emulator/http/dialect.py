"""What the two dialects of HTTP have in common, as the emulator's service sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from iflytek_spark.emulator.http.options import HttpOptions
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.wire.openai.errors import HttpError
from iflytek_spark.protocol.wire.openai.requests import MalformedError
from iflytek_spark.protocol.wire.openai.service_values import HttpAnswer, HttpChatRequest
from iflytek_spark.protocol.wire.values import RequestRefusedError

RATE_CODES = frozenset({11201, 11202, 11203})
"""What an account asks too often."""

ENGINE_CODES = frozenset(
    {10008, 10009, 10010, 10011, 10012, 10050, 10110, 10222, 10223, 10300, 11210}
)
"""What fails behind the door of the service (§7)."""


class ServiceDialect(Protocol):
    """How one dialect refuses, checks and writes."""

    event: bytes
    """What stands before the payload of an event."""
    sid_prefix: str
    """How its session ids begin."""
    keeps_alive: bool
    """Whether it knows ``keep_alive``."""

    def unauthorized(self, authorization: str) -> HttpError | None:
        """Check an Authorization header."""

    def find(self, path: str, model: str) -> ModelSpec:
        """Return the row of a model.

        Raises:
            RequestRefusedError: when there is none, or the key may not use it.
        """

    def errors(self, request: HttpChatRequest, spec: ModelSpec) -> Iterator[RequestRefusedError]:
        """Yield what is refused in a request."""

    def malformed(self, error: MalformedError) -> RequestRefusedError:
        """Say what a body of another form is refused with."""

    def must_call(self, model: str) -> bool:
        """Tell whether a model obeys ``required``."""

    def answer(self, request: HttpChatRequest, answer: HttpAnswer) -> bytes:
        """Write a whole answer."""

    def chunks(self, request: HttpChatRequest, answer: HttpAnswer) -> Iterator[bytes]:
        """Write the payloads of a stream's events."""

    def failure(self, sid: str, code: int, message: str, time: str) -> HttpError:
        """Write an error as a response."""

    def event_failure(self, sid: str, code: int, message: str, time: str) -> bytes:
        """Write an error as an event of a stream that has begun."""

    def begins_stream(self, code: int, message: str) -> bool:
        """Tell whether an error is an event even where nothing was sent before it."""


class Rows:
    """The models of a dialect, by path and id."""

    def __init__(self, models: Iterable[ModelSpec], paths: Mapping[str, str]) -> None:
        """Sort models; ``paths`` are further paths, each with the one it stands for."""
        self._rows: dict[tuple[str, str], ModelSpec] = {}
        self._paths = paths
        for spec in models:
            path = path_of(spec)
            for name in (spec.domain, *spec.aliases):
                self._rows.setdefault((path, name), spec)

    def find(self, path: str, model: str) -> ModelSpec | None:
        """Return the row of a model, or None."""
        return self._rows.get((self._paths.get(path, path), model))

    @property
    def paths(self) -> frozenset[str]:
        """All paths."""
        return frozenset(path for path, _ in self._rows) | frozenset(self._paths)


def path_of(spec: ModelSpec) -> str:
    """Return the path of a model's address."""
    return "/" + spec.url.partition("://")[2].partition("/")[2]


class DialectBase:
    """What both dialects are set up with."""

    def __init__(
        self,
        rows: Rows,
        options: HttpOptions,
        unauthorized: Callable[[str], HttpError | None],
    ) -> None:
        """Set up with the models, and what checks an Authorization header."""
        self._rows = rows
        self._options = options
        self.unauthorized = unauthorized
