"""What PROTOCOL.md does not settle and the emulator had to choose, all in one place.

Nobody has tried these against the real service. Please correct them here if you can.

Beside these values: the functions that a request offers count as prompt tokens, by the estimate of
their JSON (``SeenChat.prompt_tokens``), since the service bills whatever its model reads; and an
answer is cut at ``max_tokens``, its reasoning included.
"""

from __future__ import annotations

from typing import NamedTuple

from iflytek_spark.transports.preconnect.idle import IDLE_LIMIT

IDLE_TIMEOUT = IDLE_LIMIT
"""Seconds without a request after which the connection is dropped, without a close frame: §2.4
gives the time and the word *drops*."""

CLOSE_TIMEOUT = 5.0
"""Seconds that the emulator waits for the client's half of the closing handshake."""

CLOSE_REASON = "close this ws conn"
"""With code 1000 after every answer, by §2.4; after an error frame too, which §12 suggests."""

MAX_REQUEST_BYTES = 8 * 1024 * 1024
"""A longer request is answered with 10003, by §12. Room for a 4 MB image in base64 is needed."""

CHUNK_SIZE = 4
"""Characters of an answer in one frame; the capture in §2.3 has a few more."""

SERVICE_PACE = 0.02
"""Seconds between two frames of an answer that look like the service's."""

LEGACY_DOMAINS = {"general": "lite", "x1": "spark-x"}
"""Older names on the wire and the domains that they stand for, by §1; each at the same address."""


class Error(NamedTuple):
    """A refusal whose cause PROTOCOL.md names but whose code or text it does not.

    Attributes:
        code: the error code (§10).
        name: the first word of the message.
        detail: the rest; ``{}`` takes what was wrong.
    """

    code: int
    name: str
    detail: str


WRONG_APP_ID = Error(11200, "AppIdNoAuthError", "header.app_id")
"""§2.1: app_id is not signed, so that a wrong one can only fail in a frame."""

NOT_JSON = Error(10003, "ClientMsgError", "invalid json")
TOO_LARGE = Error(10003, "ClientMsgError", "message of more than {} bytes")
WRONG_PATCH = Error(10404, "NoCategoryRouteError", "patch_id {}")
WRONG_ROLE = Error(10004, "SchemaCheckError", "'$.payload.message.text[{}].role' invalid value; ")
WRONG_ORDER = Error(10003, "ClientMsgError", "invalid order of messages at {}")
EMPTY_CONTENT = Error(10004, "SchemaCheckError", "'$.payload.message.text[{}].content' is empty; ")
OUT_OF_RANGE = Error(10005, "ParamValueError", "'$.parameter.chat.{}' out of range {}; ")
TOO_LONG = Error(10907, "TokenLimitError", "{} tokens, input token limit is {}")
EMPTY_FUNCTIONS = Error(10004, "SchemaCheckError", "'$.payload.functions' is empty; ")
BAD_PARAMETERS = Error(10163, "EngineParamSchemaCheckError", "functions {}: parameters; ")
NO_IMAGE_HERE = Error(10004, "SchemaCheckError", "'$.payload.message.text[{}].content_type'; ")
NO_IMAGE = Error(10003, "ClientMsgError", "the first message is not an image")
BAD_IMAGE = Error(10003, "ClientMsgError", "image is not a base64 jpg or png of at most 4 MB")
LONG_SIDE = Error(10029, "ImageSizeError", "a side of {} pixels")
PIXELS = Error(10041, "ImageSizeError", "{} pixels")

RESPOND_FAILED = Error(
    19999, "EmulatorError", "respond raised {}; the emulator raises it again when it ends"
)
"""No code of the service's, so that nobody takes it for one, and no client tries again."""

UNKNOWN_PATH = "404 page not found"
"""§9 has seen it over HTTP; the emulator answers a WebSocket's handshake with it too."""

POSTED_UID_LENGTH = 50
"""§8 gives it for embeddings; taken for image generation too."""

LONG_UID = Error(10004, "SchemaCheckError", "'$.header.uid' length must be less or equal than {}; ")
WRONG_DOMAIN = Error(10003, "ClientMsgError", "invalid model domain")
LONG_PROMPT = Error(10004, "SchemaCheckError", "'$.payload.message.text[0].content' above {}; ")
WRONG_EMBEDDING_DOMAIN = Error(10005, "ParamValueError", "'$.parameter.emb.domain' {}; ")
"""§8: the embedding service's codes are not documented; these are the chat's, 10907 included."""

TOO_FAST = Error(11202, "AppIdQpsOverFlowError", "qps")
"""§10; counted for each service apart, in any second and not in the seconds of a clock."""

TOO_MANY = Error(11203, "AppIdConcurrencyOverFlowError", "concurrency")
"""§10; requests under way, from their arrival to the last message of their answer."""

NO_RIGHT = Error(11200, "AppIdNoAuthError", "tokens.total")
"""§10; what an account gets whose right or quota was taken away."""

CLOSE_CODE = 1000
"""The end of a plan that has answered in full. Over HTTP a further request may follow it."""
