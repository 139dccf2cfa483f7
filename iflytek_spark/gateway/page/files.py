"""The page's files, read once, and the headers that they are sent with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

_MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",  # no text of a model becomes HTML, by mistake either
    "trusted-types": "'none'",
}

HEADERS: Mapping[str, str] = {
    "content-security-policy": "; ".join(" ".join(rule) for rule in _POLICY.items()),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-cache",  # asked for again, and answered 304 while it is the same
}
"""What a browser must know of every file: nothing is fetched from, or shown in, another site."""


class PageFile(NamedTuple):
    """A file of the page.

    Attributes:
        content: its bytes.
        media_type: what it is sent as.
        etag: changes with its content.
    """

    content: bytes
    media_type: str
    etag: str


@cache
def page_files() -> Mapping[str, PageFile]:
    """Return every file by its path within ``static/``."""
    return dict(_read(files(__package__) / "static", ""))


def _read(folder: Traversable, prefix: str) -> Iterator[tuple[str, PageFile]]:
    for entry in folder.iterdir():
        path = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _read(entry, f"{path}/")
            continue
        media_type = _MEDIA_TYPES.get(path.rpartition(".")[2])
        if media_type:
            content = entry.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:16]
            yield path, PageFile(content, media_type, f'"{digest}"')
