"""All sections, in the order of the page."""

from __future__ import annotations

from benchmarks.runner import Section
from benchmarks.sections import (
    chunks,
    embeddings,
    first_token,
    gateway,
    growth,
    over_http,
    startup,
    streams,
)

SECTIONS: tuple[Section, ...] = (
    chunks.SECTION,
    streams.SECTION,
    first_token.SECTION,
    startup.IMPORTS,
    startup.CONSTRUCTION,
    embeddings.SECTION,
    growth.ANSWERS,
    growth.HISTORY,
    gateway.SECTION,
    over_http.CHUNKS,
    over_http.FIRST_TOKEN,
    over_http.STREAMS,
)
