"""Carries out curl commands, with curl where it is installed and without it."""

from __future__ import annotations

import http.client
import json
import shlex
import shutil
import subprocess
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

from tests.gateway.gateway_helpers import Gateway
from tests.gateway.legacy_commands import PICTURE


class Answer(NamedTuple):
    """An HTTP answer: its status and its JSON."""

    status: int
    body: Any


Send = Callable[[list[str]], Answer]


def with_http(command: list[str]) -> Answer:
    """Send what a curl command says, without curl."""
    url = next(word for word in command if word.startswith("http"))
    host, _, path = url.removeprefix("http://").partition("/")
    values = dict(pairwise(command))
    data = (values.get("--data") or values["-d"]).encode()
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.putrequest("POST", f"/{path}")
        connection.putheader("Content-Length", str(len(data)))
        for option, header in pairwise(command):
            if option in ("-H", "--header"):
                connection.putheader(*header.split(": "))
        connection.endheaders(data)
        response = connection.getresponse()
        return Answer(response.status, json.loads(response.read()))
    finally:
        connection.close()


def with_curl(command: list[str]) -> Answer:
    extra = ["--silent", "--noproxy", "*", "--write-out", "\n%{http_code}"]
    done = subprocess.run([*command, *extra], check=True, capture_output=True, timeout=20)
    body, _, status = done.stdout.decode().rpartition("\n")
    return Answer(int(status), json.loads(body))


SENDERS = {"http": with_http} | ({"curl": with_curl} if shutil.which("curl") else {})


def command(text: str, gateway: Gateway, picture: str = PICTURE) -> list[str]:
    """The words of a command, with this test's host, keys and picture."""
    keys = gateway.spark.credentials
    words = []
    for word in shlex.split(text.replace("\\\n", " ")):
        here = f"{gateway.url}/chat/completions" if word.startswith("http") else word
        for name in ("app_id", "api_secret", "api_key"):
            here = here.replace(
                f"X_{name.upper()}: 123456", f"X_{name.upper()}: {getattr(keys, name)}"
            )
        words.append(here.replace("$OPENAI_API_KEY", "any").replace(PICTURE, picture))
    return words
