"""Nothing that one caller sends keeps the others waiting, or takes much more than its own size."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iflytek_spark.emulator import running_emulator
from tests.gateway.openai import bombs
from tests.gateway.openai.watching import watching
from tests.gateway.server.program_helpers import Program, running

MAX_WAIT = 0.25
MAX_MEMORY = 64 * 1024 * 1024
EXAMPLES = int(os.environ.get("BOMBS", "10"))
"""Set ``BOMBS=1000`` to look for longer."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A gateway in a process of its own."""
    with running_emulator(respond=bombs.respond, chunk_size=10) as spark:
        environ = {**os.environ, **spark.environment}
        with running(tmp_path_factory.mktemp("gateway"), environ=environ) as program:
            warm_up(program)
            yield program


CHAT = "chat/completions"


def send(gateway: Program, body: bytes, route: str = CHAT) -> httpx2.Response:
    url = f"{gateway.url}/v1/{route}"
    return httpx2.post(url, content=body, headers={"content-type": "application/json"}, timeout=60)


def warm_up(gateway: Program) -> None:
    """Load what is loaded with the first use."""
    for body in (bombs.body(), bombs.wanted({}), bombs.offered({}), bombs.content("0", 5_000)):
        send(gateway, body)


def check(gateway: Program, body: bytes, route: str = CHAT) -> httpx2.Response:
    """Send a bomb while others ask; a machine that is slow anyway may be so during it too."""
    for last in (False, True):  # what a busy machine did once, it does not do twice
        with watching(gateway.url, gateway.process.pid) as quiet:
            send(gateway, bombs.body())
        with watching(gateway.url, gateway.process.pid) as seen:
            response = send(gateway, body, route)
        limit = MAX_WAIT + 2 * quiet.wait
        if last or (seen.wait < limit and seen.memory < MAX_MEMORY + len(body)):
            break
    assert seen.wait < limit
    assert seen.memory < MAX_MEMORY + len(body)
    assert response.status_code in (200, 400, 413, 502), response.text
    return response


@pytest.mark.sampled(10)
@pytest.mark.slow("each is a way of its own to take time or memory")
@pytest.mark.parametrize("name", bombs.BOMBS)
def test_a_bomb_does_no_harm(gateway: Program, name: str) -> None:
    check(gateway, bombs.BOMBS[name])


@pytest.mark.slow("each sends an image of 15 MB")
@pytest.mark.parametrize("route", bombs.IMAGES)
def test_a_large_image_takes_no_copy_more_on_any_route(gateway: Program, route: str) -> None:
    send(gateway, bombs.IMAGES[route](bombs.PNG), route)
    response = check(gateway, bombs.IMAGES[route](bombs.PNG + "A" * 15_000_000), route)
    assert "broken, or not an image" in response.text, "it was read whole"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("80,000 plain tools", "50000 values"),
        ("400,000 parts", "50000 values"),
        ("15 MB of text", "4194304 bytes"),
        ("60 tools that double", "maximum context length"),
        ("commas in a text", "maximum context length"),
        ("stop strings that nearly fit", "8192 characters"),
        ("8,000 empty parts", "2000 places"),
        ("zeros for parts that are few enough", "5000 values"),
    ],
)
def test_what_is_too_much_is_told(gateway: Program, name: str, words: str) -> None:
    response = send(gateway, bombs.BOMBS[name])
    assert words in response.text
    assert response.status_code in (400, 413)


SIZES = st.sampled_from([1, 10, 100, 1_000, 5_000, 20_000, 60_000])
ITEMS = st.sampled_from(["0", "{}", "[]", '""', '{"a":0}', '{"type":"text","text":"x"}', '"\\\\"'])
FIELDS = st.sampled_from(["tools", "stop", "modalities", "messages", "functions", "unknown"])
PATTERNS = st.lists(
    st.sampled_from(
        ["a", "b", r"\w", ".", "(", ")", "{30}", "{9}", "*", "+", "?", "|", "[^b]", "$"]
    ),
    max_size=40,
).map("".join)
KEYWORDS = st.dictionaries(
    st.sampled_from(["items", "contains", "not", "additionalProperties", "allOf", "anyOf", "if"]),
    st.just({"$ref": "#"}) | st.just([{"$ref": "#"}] * 50),
    max_size=3,
)


def schemas() -> st.SearchStrategy[Any]:
    doubled = st.builds(
        bombs.doubling, st.integers(1, 40), st.sampled_from([*bombs.DOUBLING.values()])
    )
    matching = st.lists(PATTERNS, max_size=300).map(
        lambda found: {"allOf": [{"pattern": one} for one in found]}
    )
    constant = st.builds(lambda count: {"items": {"enum": [*range(count)]}}, SIZES)
    return st.one_of(
        st.builds(
            lambda *parts: {k: v for part in parts for k, v in part.items()}, doubled, matching
        ),
        st.builds(
            lambda *parts: {k: v for part in parts for k, v in part.items()}, KEYWORDS, constant
        ),
        doubled,
    )


BODIES = st.one_of(
    st.builds(bombs.content, ITEMS, SIZES),
    st.builds(bombs.repeated, FIELDS, ITEMS, SIZES),
    st.builds(bombs.nested, SIZES),
    st.builds(bombs.wanted, schemas(), st.sampled_from([*bombs.ANSWERS])),
    st.builds(bombs.offered, schemas(), st.integers(1, 60)),
    st.builds(
        lambda text, count, answer: bombs.body(answer, stop=[text * count, text * count + "b"]),
        st.text("ab", min_size=1, max_size=4),
        SIZES,
        st.sampled_from([*bombs.ANSWERS]),
    ),
    st.builds(
        lambda text, count: bombs.body(user=text * count * 50),
        st.text(min_size=1, max_size=2),
        SIZES,
    ),
    st.builds(
        lambda data, count: bombs.shown(data * count * 10),
        st.sampled_from(["AAAA", "iVBO", "!"]),
        SIZES,
    ),
)


@given(BODIES)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@pytest.mark.slow("each example is watched")
def test_bombs_that_nobody_thought_of_do_no_harm(gateway: Program, body: bytes) -> None:
    check(gateway, body)
