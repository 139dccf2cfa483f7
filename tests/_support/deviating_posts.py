"""Answers of embeddings and images that are not as documented, and what they deviate in.

Each is a whole answer with one thing changed that loses nothing.
"""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

from iflytek_spark.models.services import DIMENSIONS
from tests._support.deviating import Change, put
from tests._support.frames import SID

VECTOR = [0.25, -0.5] + [0.0] * (DIMENSIONS - 2)
IMAGE = b"\x89PNG..."
Rows = tuple[tuple[str, Change, tuple[str, ...]], ...]


def packed(data: bytes) -> str:
    return base64.b64encode(data).decode()


HEADER = {"code": 0, "message": "Success", "sid": SID}
FEATURE = {
    "encoding": "utf8", "compress": "raw", "format": "plain", "seq": "0", "status": "2",
    "text": packed(struct.pack(f"<{DIMENSIONS}f", *VECTOR)),
}  # fmt: skip
ITEM = {"content": packed(IMAGE), "index": 0, "role": "assistant"}
ANSWERS: dict[str, Any] = {
    "embedding": {"header": HEADER, "payload": {"feature": FEATURE}},
    "image": {
        "header": {**HEADER, "status": 2},
        "payload": {"choices": {"status": 2, "seq": 0, "text": [ITEM]}},
    },
}


def changed(service: str, change: Change) -> str:
    (answer,) = answers = [json.loads(json.dumps(ANSWERS[service]))]
    change(answers)
    return json.dumps(answer)


def put_here(path: str, value: object) -> Change:
    return put(path, value, 0)


def in_lines(text: str) -> str:
    return "\r\n".join(text[start : start + 76] for start in range(0, len(text), 76))


_ALL: Rows = (
    ("sid is missing", put_here("header.sid", ...), ("sid_missing",)),
    ("sid is null", put_here("header.sid", None), ("null", "sid_missing")),
    ("sid is a number", put_here("header.sid", 5), ("number_for_text",)),
    ("code is missing", put_here("header.code", ...), ("code_missing",)),
    ("code is null", put_here("header.code", None), ("code_missing",)),
    ("code is text", put_here("header.code", "0"), ("number_as_text",)),
    ("code has a point", put_here("header.code", 0.0), ("number_as_float",)),
    ("message is null", put_here("header.message", None), ("null",)),
    ("status is 7", put_here("header.status", 7), ("status_unusual",)),
    ("header is a list", lambda a: a[0].update(header=[a[0]["header"]]), ("list_for_object",)),
    ("payload is a list", lambda a: a[0].update(payload=[a[0]["payload"]]), ("list_for_object",)),
    ("payload is text", lambda a: a[0].update(payload=json.dumps(a[0]["payload"])),
     ("text_for_object",)),
    ("an unknown field", put_here("x", None), ("unknown_field",)),
    ("an unknown field of a header", put_here("header.x", 1), ("unknown_field",)),
    ("an unknown field of a payload", put_here("payload.x", []), ("unknown_field",)),
)  # fmt: skip

_FEATURE = "payload.feature"
_EMBEDDINGS: Rows = (
    ("feature is a list", put_here(_FEATURE, [FEATURE]), ("list_for_object",)),
    ("feature is text", put_here(_FEATURE, json.dumps(FEATURE)), ("text_for_object",)),
    ("seq is a number", put_here(f"{_FEATURE}.seq", 0), ()),
    ("an unknown field of a feature", put_here(f"{_FEATURE}.x", 1), ("unknown_field",)),
    ("only the vector", put_here(_FEATURE, {"text": FEATURE["text"]}), ()),
    ("base64 in lines", put_here(f"{_FEATURE}.text", in_lines(FEATURE["text"])),
     ("base64_in_lines",)),
    ("text in a list", put_here(f"{_FEATURE}.text", [FEATURE["text"]]), ("list_for_text",)),
)  # fmt: skip

_CHOICES = "payload.choices"
_IMAGES: Rows = (
    ("choices are a list", put_here(_CHOICES, [{"text": [ITEM]}]), ("list_for_object",)),
    ("text is an object", put_here(f"{_CHOICES}.text", ITEM), ("object_for_list",)),
    ("text is the image", put_here(f"{_CHOICES}.text", ITEM["content"]), ("text_for_list",)),
    ("text holds the image", put_here(f"{_CHOICES}.text", [ITEM["content"]]),
     ("text_for_object",)),
    ("text begins with null", put_here(f"{_CHOICES}.text", [None, ITEM]), ("null",)),
    ("index is null", put_here(f"{_CHOICES}.text.0.index", None), ()),
    ("base64 ends in a line end", put_here(f"{_CHOICES}.text.0.content", packed(IMAGE) + "\n"),
     ("base64_in_lines",)),
    ("content in a list", put_here(f"{_CHOICES}.text.0.content", [ITEM["content"]]),
     ("list_for_text",)),
    ("an unknown field beside", put_here(f"{_CHOICES}.text.0.x", 1), ("unknown_field",)),
    ("an unknown field of choices", put_here(f"{_CHOICES}.x", 1), ("unknown_field",)),
)  # fmt: skip

POSTS: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    service: {name: (changed(service, change), named) for name, change, named in (*_ALL, *rows)}
    for service, rows in (("embedding", _EMBEDDINGS), ("image", _IMAGES))
}
"""For each service the answers by their names: what is sent, and the deviations in it."""
