"""The services of signed POST: one request, one answer (PROTOCOL.md §7, §8)."""

from __future__ import annotations

from typing import NamedTuple

from iflytek_spark.credentials import Credentials
from iflytek_spark.models.services import EmbeddingKind, GeneratedImage, Vector
from iflytek_spark.protocol.bearer import app_of
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.steps import Opening
from iflytek_spark.protocol.wire.embedding import decode_embedding, encode_embedding
from iflytek_spark.protocol.wire.image import decode_image, encode_image_request
from iflytek_spark.protocol.wire.signing import sign_url

_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


class _SignedPost:
    def open(self, url: str, credentials: Credentials, now: float) -> Opening:
        """Sign the address (§2.1)."""
        return Opening(sign_url(url, app_of(credentials), now, "POST"), _HEADERS)


class TextToEmbed(NamedTuple):
    """A text whose vector is wanted.

    Attributes:
        text: the text.
        kind: what the text is.
    """

    text: str
    kind: EmbeddingKind


class Embedding(_SignedPost):
    """Vectors of texts (§8)."""

    def encode(self, request: TextToEmbed, app_id: str, uid: str) -> bytes:
        """Write the body that asks for one text's vector."""
        return encode_embedding(request.text, request.kind, app_id, uid)

    def decode(self, data: str | bytes, noted: Deviations) -> Vector:
        """Read the vector."""
        return decode_embedding(data, noted)


class ImageToMake(NamedTuple):
    """An image that is wanted.

    Attributes:
        prompt: what it is to show.
        width: pixels.
        height: pixels.
    """

    prompt: str
    width: int
    height: int


class ImageGeneration(_SignedPost):
    """Images from a description (§7)."""

    def encode(self, request: ImageToMake, app_id: str, uid: str) -> bytes:
        """Write the body that asks for an image."""
        return encode_image_request(*request, app_id, uid)

    def decode(self, data: str | bytes, noted: Deviations) -> GeneratedImage:
        """Read the image."""
        return decode_image(data, noted)
