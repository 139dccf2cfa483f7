"""What the service checks in a request before it answers (PROTOCOL.md §2.2, §4, §6, §10)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from itertools import pairwise
from urllib.parse import urlsplit

from iflytek_spark.emulator import assumptions
from iflytek_spark.emulator.assumptions import Error
from iflytek_spark.emulator.replies import SeenChat
from iflytek_spark.emulator.rules.json_schema import is_schema
from iflytek_spark.images.probe import ImageHeader, read_header
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.wire.values import RequestRefusedError, WireRequest

_UID_LENGTH = 32
_LARGEST_IMAGE = 4 * 1024 * 1024
_LONGEST_SIDE = 12800
_PIXELS = range(50 * 50, 6000 * 6000 + 1)


class Router:
    """Finds the model of a request by path, domain and resource id (§1, §11)."""

    def __init__(self, models: Iterable[ModelSpec]) -> None:
        """Sort the models of the WebSocket by the paths of their addresses."""
        self._models: dict[str, list[ModelSpec]] = {}
        for spec in models:
            address = urlsplit(spec.url)
            if address.scheme in ("ws", "wss"):
                self._models.setdefault(address.path, []).append(spec)

    def __contains__(self, path: str) -> bool:
        """Tell whether a model has this path."""
        return path in self._models

    def find(self, path: str, request: WireRequest) -> ModelSpec:
        """Return the model that is to answer a request over the path of a handshake.

        Raises:
            RequestRefusedError: when the domain does not belong to the path, or the resource
                id not to the domain.
        """
        current = assumptions.LEGACY_DOMAINS.get(request.domain, request.domain)
        rows = [spec for spec in self._models[path] if spec.domain in (request.domain, current)]
        if not rows:
            raise RequestRefusedError(10003, "ClientMsgError", "invalid model domain")
        for spec in rows:
            if spec.patch_id is None or spec.patch_id in request.patch_ids:
                return spec
        raise refused(assumptions.WRONG_PATCH, ", ".join(request.patch_ids))


def refused(error: Error, *values: object) -> RequestRefusedError:
    """Build a refusal from a row of ``assumptions``."""
    return RequestRefusedError(error.code, error.name, error.detail.format(*values))


def check(request: WireRequest, spec: ModelSpec, app_id: str) -> None:
    """Check a request of the right form against the model that is to answer.

    The signature belongs to ``app_id``.

    Raises:
        RequestRefusedError: for the first thing that the service would refuse.
    """
    for error in _errors(request, spec, app_id):
        raise error


def _errors(request: WireRequest, spec: ModelSpec, app_id: str) -> Iterator[RequestRefusedError]:
    if request.app_id != app_id:
        yield refused(assumptions.WRONG_APP_ID)
    if len(request.uid or "") > _UID_LENGTH:
        yield RequestRefusedError(10004, "SchemaCheckError", _UID_TOO_LONG)
    yield from _turn_errors(request, spec)
    yield from _number_errors(request, spec)
    if request.thinking not in (None, "enabled", "disabled", "auto"):
        yield refused(assumptions.OUT_OF_RANGE, "thinking.type", "enabled, disabled, auto")
    if request.tools == () and not may(spec, "tools"):
        yield refused(assumptions.EMPTY_FUNCTIONS)
    for tool in request.tools or ():
        if not is_schema(tool.parameters):
            yield refused(assumptions.BAD_PARAMETERS, tool.name)


_UID_TOO_LONG = f"'$.header.uid' length must be less or equal than {_UID_LENGTH}; "


def check_length(request: SeenChat) -> None:
    """Check that all that the model reads is not too long for it.

    Raises:
        RequestRefusedError: when it is.
    """
    most = request.spec.context_tokens
    if most is not None and (tokens := request.prompt_tokens) > most:
        raise refused(assumptions.TOO_LONG, tokens, most)


def may(spec: ModelSpec, feature: str) -> bool:
    """Tell whether a model has a feature; where the sources disagree the emulator allows it."""
    return bool(getattr(spec, feature)) or feature in spec.disputed


def _turn_errors(request: WireRequest, spec: ModelSpec) -> Iterator[RequestRefusedError]:
    turns = request.turns
    roles = {"user", "assistant"} | ({"system"} if may(spec, "system_role") else set())
    for index, turn in enumerate(turns):
        if turn.role not in roles:
            yield refused(assumptions.WRONG_ROLE, index)
        if not turn.content:
            yield refused(assumptions.EMPTY_CONTENT, index)
        if turn.image and not spec.images:
            yield refused(assumptions.NO_IMAGE_HERE, index)
    if spec.images:
        yield from _image_errors(request)
    yield from _order_errors(request)


def _order_errors(request: WireRequest) -> Iterator[RequestRefusedError]:
    """Check the order of §4: system first, then user and assistant in turn, last the user."""
    roles = [turn.role for turn in request.turns if not turn.image]
    if roles[:1] == ["system"]:
        del roles[0]
    if roles[-1:] != ["user"] or roles[0] != "user":
        yield refused(assumptions.WRONG_ORDER, "the first or the last message")
    for before, after in pairwise(roles):
        if after not in ("user", "assistant") or before == after:
            yield refused(assumptions.WRONG_ORDER, f"{before}, {after}")


def _number_errors(request: WireRequest, spec: ModelSpec) -> Iterator[RequestRefusedError]:
    for name, value in request.numbers.items():
        legal = getattr(spec, name)
        # The vendor's own sample for the X models sends temperature 0 (§1).
        tolerated = name == "temperature" and value == 0 and spec.reasoning
        if legal is not None and value not in legal and not tolerated:
            yield refused(assumptions.OUT_OF_RANGE, name, legal)


def _image_errors(request: WireRequest) -> Iterator[RequestRefusedError]:
    """Check the one image, which stands first (§6)."""
    if [turn.image for turn in request.turns].count(True) != 1 or not request.turns[0].image:
        yield refused(assumptions.NO_IMAGE)
    header = _header(request.turns[0].content)
    if header is None:
        yield refused(assumptions.BAD_IMAGE)
    else:
        yield from _size_errors(header)


def _header(content: str) -> ImageHeader | None:
    """Return the header of an image file in base64, or None when it cannot be one."""
    try:
        data = base64.b64decode(content, validate=True)
    except ValueError:
        return None
    return read_header(data) if len(data) <= _LARGEST_IMAGE else None


def _size_errors(image: ImageHeader) -> Iterator[RequestRefusedError]:
    if max(image.width, image.height) > _LONGEST_SIDE:
        yield refused(assumptions.LONG_SIDE, max(image.width, image.height))
    if image.width * image.height not in _PIXELS:
        yield refused(assumptions.PIXELS, image.width * image.height)
