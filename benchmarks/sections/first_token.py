"""Time to the first token, near and far."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from benchmarks.cases.first_token import ROWS, WARM
from benchmarks.runner import Section
from benchmarks.sampling import Metrics, fresh, serving
from benchmarks.servers.certificates import certificates


class _Lines(NamedTuple):
    """The lines' ports, and what makes every client trust the services at their ends."""

    ports: list[list[int]]
    trust: dict[str, str]


@contextlib.contextmanager
def place() -> Iterator[_Lines]:
    with certificates() as (ca, own), serving("servers.distant", str(own)) as ports:
        pairs = [ports[at : at + 2] for at in range(0, len(ports), 2)]
        yield _Lines(pairs, dict.fromkeys(("SSL_CERT_FILE", "WEBSOCKET_CLIENT_CA_BUNDLE"), str(ca)))


def _row(name: str) -> Callable[[_Lines], Metrics]:
    return lambda lines: fresh(
        "cases.first_token:measure", name, lines.ports, environment=lines.trust
    )


SECTION = Section(
    name="first-token",
    title="Time to the first token over TLS, ms, by round trip in ms",
    about="A proxy makes the line long (`benchmarks/servers/delay.py`). *Cold* opens a connection: "
    "TCP, TLS, the upgrade, the request, four round trips over a WebSocket, and three over HTTP. "
    f"*Warm* has one: ours by `preconnect={WARM}`, ChatOpenAI's by HTTP's keep-alive, which it has "
    "after an answer that was not streamed. The other clients of Spark open one for each call. "
    "All verify the service's certificate, but spark-ai-python, which never does.",
    seconds=30,
    place=place,
    rows={name: _row(name) for name in ROWS},
)
