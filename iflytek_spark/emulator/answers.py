"""What the services of signed POST answer (PROTOCOL.md §7, §8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit

from iflytek_spark.emulator import choices
from iflytek_spark.emulator.checks import refused
from iflytek_spark.emulator.painting import paint
from iflytek_spark.emulator.vectors import text_vector
from iflytek_spark.protocol import embedding, images
from iflytek_spark.service_catalogue import EMBEDDING, IMAGE_GENERATION
from iflytek_spark.service_values import IMAGE_SIZES
from iflytek_spark.tokens import estimate_tokens

Answer: TypeAlias = Callable[[bytes, str, str], bytes]
"""Takes a request's body, the app's id and a session id, and returns the answer's body."""


class PostedService(NamedTuple):
    """A service of signed POST.

    Attributes:
        sid: how its session ids begin.
        answer: what it does.
    """

    sid: str
    answer: Answer


def answer_embedding(data: bytes, app_id: str, sid: str) -> bytes:
    """Answer with a vector.

    Args:
        data: the request's body.
        app_id: the app that the signature belongs to.
        sid: the session id.

    Returns:
        The answer's body.

    Raises:
        RequestRefusedError: for the first thing that the service would refuse.
    """
    request = embedding.decode_embedding_request(data)
    _check_header(request.app_id, request.uid, app_id)
    if request.domain not in embedding.DOMAINS.values():
        raise refused(choices.WRONG_EMBEDDING_DOMAIN, request.domain)
    if not request.text.strip():
        raise refused(choices.EMPTY_CONTENT, 0)
    tokens = estimate_tokens(request.text)
    if tokens > embedding.MAX_TOKENS:
        raise refused(choices.TOO_LONG, tokens, embedding.MAX_TOKENS)
    vector = text_vector(request.text, request.domain)
    return embedding.encode_embedding_answer(sid, vector)


def answer_image(data: bytes, app_id: str, sid: str) -> bytes:
    """Answer with an image; see :func:`answer_embedding`."""
    request = images.decode_image_request(data)
    _check_header(request.app_id, request.uid, app_id)
    if request.domain != images.DOMAIN:
        raise refused(choices.WRONG_DOMAIN)
    if not request.prompt.strip():
        raise refused(choices.EMPTY_CONTENT, 0)
    if len(request.prompt) > images.MAX_PROMPT:
        raise refused(choices.LONG_PROMPT, images.MAX_PROMPT)
    if (request.width, request.height) not in IMAGE_SIZES:
        raise refused(choices.OUT_OF_RANGE, "width", f"{request.width}x{request.height}")
    return images.encode_image_answer(sid, paint(request.prompt, request.width, request.height))


def _check_header(app_id: str, uid: str, known: str) -> None:
    if app_id != known:
        raise refused(choices.WRONG_APP_ID)
    if len(uid) > choices.POSTED_UID_LENGTH:
        raise refused(choices.LONG_UID, choices.POSTED_UID_LENGTH)


POSTED_SERVICES = {
    urlsplit(EMBEDDING.url).path: PostedService("ase", answer_embedding),
    urlsplit(IMAGE_GENERATION.url).path: PostedService("cht", answer_image),
}
"""The services by their paths."""
