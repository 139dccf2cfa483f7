"""Keeps what the service sent to a call, and writes it without what could be secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from iflytek_spark.client import SparkClient
from iflytek_spark.credentials import Credentials
from iflytek_spark.messages import Wire
from iflytek_spark.models.services import Service
from iflytek_spark.protocol.call import CallContext
from iflytek_spark.protocol.steps import Opening
from iflytek_spark.rates import Product
from iflytek_spark.transports.base import ConnectionOptions, Transport
from iflytek_spark.transports.opening import BLOCKING

SID = "cht000bb55a@dx19aa00000000000000"
"""In place of every session id."""
_MOMENT = 1_790_000_000
_IDS = (
    (re.compile(r"\b[a-z]{3}[0-9a-f]{6,}@[0-9a-z]+"), SID),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "192.0.2.1"),
    (re.compile(r"[A-Za-z0-9+/_:=-]*\d[A-Za-z0-9+/_:=-]{19,}"), "redacted"),
)
_OPAQUE = re.compile(r'"(?!xop|iVBOR|/9j/)[A-Za-z0-9+/_:=-]*\d[A-Za-z0-9+/_:=-]{19,199}"')
_TIME = re.compile(r"\b1\d{9}\b")


class Recorder:
    """Makes the transports of one client, and keeps the messages of the last connection."""

    def __init__(self, wire: Wire) -> None:
        """Record over a wire."""
        self._make = BLOCKING.http() if wire == "http" else BLOCKING.transport
        self.messages: list[bytes] = []

    def __call__(self, route: ConnectionOptions) -> RecordingTransport:
        """Make the transport of one call."""
        return RecordingTransport(self._make(route), self.messages)


class PostRecorder(SparkClient):
    """A client that keeps the body of the last answer to what it posted."""

    messages: list[bytes]

    def _service(self, service: Service, product: Product) -> tuple[CallContext, ConnectionOptions]:
        context, route = super()._service(service, product)
        self.messages = []
        return context, replace(route, on_answer=self.messages.append)


class RecordingTransport:
    """See :class:`~iflytek_spark.transports.base.Transport`."""

    def __init__(self, inner: Transport, messages: list[bytes]) -> None:
        """Write what ``inner`` receives into ``messages``."""
        self._inner = inner
        self._messages = messages

    def connect(self, opening: Opening, timeout: float) -> None:
        """Open a connection, of which the recording begins anew."""
        self._messages.clear()
        self._inner.connect(opening, timeout)

    def send(self, data: str | bytes, timeout: float) -> None:
        """Send the request, which is not recorded: it holds the app id."""
        self._inner.send(data, timeout)

    def receive(self, timeout: float) -> bytes | str | None:
        """Return the next message, and keep it."""
        message = self._inner.receive(timeout)
        if message is not None:
            self._messages.append(message.encode() if isinstance(message, str) else message)
        return message

    def sleep(self, seconds: float) -> None:
        """Wait between two tries."""
        self._inner.sleep(seconds)

    def close(self) -> None:
        """End the call at once."""
        self._inner.close()


def write_recording(
    folder: Path, product: str, wire: Wire | None, messages: Iterable[bytes], known: Credentials
) -> None:
    """Write one call's messages as a file that tests can replay.

    Args:
        folder: where; made when it is missing.
        product: the product's name, which gives the file its own.
        wire: over which wire they came; None for the answer to what was posted.
        messages: what came.
        known: the keys, which are looked for in every message.

    Raises:
        OSError: when the file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clean = redacted if wire else redacted_post
    frames = [clean(message.decode("utf-8", "replace"), known) for message in messages]
    recording = {"product": product, "wire": wire, "frames": frames}
    name = re.sub(r"[^A-Za-z0-9.]+", "-", product)
    text = json.dumps(recording, ensure_ascii=False, indent=1)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def redacted(text: str, known: Credentials) -> str:
    """Replace keys, ids, addresses and times by fixed ones, wherever they stand in a text."""
    parts = re.split(f"({re.escape(SID)})", _without_keys(text, known))
    for pattern, fixed in _IDS:
        parts = [part if part == SID else pattern.sub(fixed, part) for part in parts]
        parts = re.split(f"({re.escape(SID)})", "".join(parts))
    return _TIME.sub(str(_MOMENT), "".join(parts))


def redacted_post(text: str, known: Credentials) -> str:
    """Do the same with a body whose long texts are vectors and images, and are left as they are."""
    clean = _OPAQUE.sub('"redacted"', _without_keys(text, known))
    return _TIME.sub(str(_MOMENT), _IDS[0][0].sub(SID, clean))


def _without_keys(text: str, known: Credentials) -> str:
    secrets = (
        known.app_id, known.api_key, known.api_secret, known.api_password, known.maas_api_key
    )  # fmt: skip
    for secret in filter(None, secrets):
        text = text.replace(secret, "redacted")
    return text
