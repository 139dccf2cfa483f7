"""Marked keys, signed URLs and prompts go through the gateway, and are found nowhere."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from redis import Redis
from starlette.datastructures import Headers

from iflytek_spark.client import AsyncSparkClient
from iflytek_spark.emulator import Fault, faults, running_emulator
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.middleware.auth import hash_key
from iflytek_spark.gateway.settings import load_settings
from tests.gateway.chat_helpers import MODEL, asked, data_url, shown
from tests.gateway.gateway_helpers import Gateway, one_gateway
from tests.gateway.redis_server import running_redis
from tests.gateway.server.program_helpers import running
from tests.reliability.traces import noted_waits
from tests.trust.marked import LOGGERS, MARKED, Heard, everything_about, marks_in
from tests.unit.images.drawing import drawn

KEY = "MARKERGATEWAYKEY"
BEARER = {"Authorization": f"Bearer {KEY}"}
OWN = {"X_APP_ID": MARKED.app_id, "X_API_KEY": MARKED.api_key, "X_API_SECRET": MARKED.api_secret}
PROMPT_MARK = "THEPROMPT"
PROMPT = f"{PROMPT_MARK}: 苹果是什么颜色？"
PAGES = ("/metrics", "/docs", "/openapi.json", "/healthz", "/readyz")
MORE_LOGGERS = (
    "fastapi", "iflytek_spark.gateway", "iflytek_spark.gateway.access", "limits", "redis",
    "starlette", "uvicorn", "uvicorn.access", "uvicorn.asgi", "uvicorn.error",
)  # fmt: skip

CHAT: dict[str, Any] = {"model": MODEL, "messages": asked(PROMPT)}
PICTURE = data_url(drawn((80, 60), "PNG"))
FORM = {"name": "form", "schema": {"type": "object", "required": ["a"], "properties": {"a": {}}}}
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("chat/completions", CHAT),
    "stream": ("chat/completions", {**CHAT, "stream": True}),
    "json": (
        "chat/completions",
        {**CHAT, "response_format": {"type": "json_schema", "json_schema": FORM}},
    ),
    "picture": ("chat/completions", {**CHAT, "messages": shown(PICTURE, PROMPT)}),
    "embeddings": ("embeddings", {"model": "spark-embedding", "input": [PROMPT]}),
    "image": ("images/generations", {"prompt": PROMPT}),
    "a wrong field": ("chat/completions", {**CHAT, "n": 2}),
    "an address that is none": ("chat/completions", {**CHAT, "messages": shown("ftp://a", PROMPT)}),
    "no JSON": ("chat/completions", {**CHAT, "temperature": float("inf")}),
    "an unknown model": ("chat/completions", {**CHAT, "model": "none"}),
}
FAULTS: dict[str, Fault | None] = {
    "no fault": None,
    "a refused handshake": faults.RefuseHandshake(401, '{"message":"Unauthorized"}'),
    "a page in place of a handshake": faults.RefuseHandshake(502, "<html>"),
    "an error of the service": faults.ErrorFrame(11200),
    "a lost connection": faults.Cut(after=1),
    "a broken frame": faults.RawFrame(f'{{"header": {PROMPT}'.encode(), after=1),
    "no text": faults.RawFrame(b"\xff\xfe"),
}


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[Heard]:
    """Everything that is logged, by whomever, from DEBUG on."""
    logged = Heard()
    loggers = [logging.getLogger(name) for name in ("", *LOGGERS, *MORE_LOGGERS)]
    for logger in loggers:
        caplog.set_level(logging.DEBUG, logger.name)
    handler = logged.handler()
    alone = [logger for logger in loggers if logger.parent is None or not logger.propagate]
    for logger in alone:
        logger.addHandler(handler)
    yield logged
    for logger in alone:
        logger.removeHandler(handler)


@contextmanager
def marked_gateway(**more: Any) -> Iterator[Gateway]:
    """A gateway whose every secret is marked."""
    known = {"keys": {"anna": hash_key(KEY)}, "requests_per_minute": 100_000}
    with one_gateway(
        emulator={"credentials": MARKED}, **known, embeddings_per_second=None, **more
    ) as gateway:
        yield gateway


def answers(url: str, headers: dict[str, str]) -> Iterator[httpx2.Response]:
    with httpx2.Client(headers=headers, timeout=30) as client:
        for path, body in REQUESTS.values():
            yield client.post(f"{url}/{path}", content=json.dumps(body))


def received(answer: httpx2.Response) -> str:
    """The head and the body of an answer; a whole one may repeat the prompt."""
    words = answer.text.replace(PROMPT_MARK, "") if answer.is_success else answer.text
    return f"{answer.headers} {words}"


def pages(url: str) -> list[str]:
    """What the gateway tells of itself."""
    root = url.removesuffix("/v1")
    return [httpx2.get(root + path).text for path in PAGES]


def found_in(shown: Iterable[str]) -> list[str]:
    text = "".join(shown)
    return marks_in(text) + [mark for mark in (PROMPT_MARK,) if mark in text]


def of_the_gateway(logged: Heard) -> list[str]:
    """What is logged, but for the local Spark, to which prompts are sent."""
    return [line for line in logged.lines if not line.startswith("iflytek_spark.emulator")]


@pytest.mark.parametrize("fault", FAULTS)
def test_requests_let_no_secret_out(
    logged: Heard, capfd: pytest.CaptureFixture[str], fault: str
) -> None:
    with marked_gateway() as gateway, noted_waits():
        gateway.spark.script(*[FAULTS[fault]] * 1000)
        asked = [*answers(gateway.url, BEARER), *answers(gateway.url, BEARER | OWN)]
        shown = [*map(received, asked), *pages(gateway.url), *capfd.readouterr()]
    assert (asked[0].status_code == 200) is (fault == "no fault")
    assert found_in([*shown, *of_the_gateway(logged)]) == []
    assert marks_in("".join(logged.lines)) == []
    assert len([line for line in logged.lines if "gateway.access" in line]) == len(asked)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer MARKERANOTHER"},
        BEARER | OWN | {"X_API_SECRET": "MARKERWRONG"},
        BEARER | OWN | {"X_API_KEY": "MARKER KEY"},
        BEARER | OWN | {"X_APP_ID": "MARKER=ID"},
    ],
)
def test_wrong_keys_are_refused_without_being_shown(logged: Heard, headers: dict[str, str]) -> None:
    with marked_gateway(own_credentials=False) as gateway:
        refused = list(answers(gateway.url, headers))
        shown = [*map(received, refused), *pages(gateway.url)]
    assert not any(answer.is_success for answer in refused)
    assert found_in([*shown, *of_the_gateway(logged)]) == []


@pytest.mark.parametrize("reached", [True, False])
def test_the_password_of_redis_is_told_nobody(logged: Heard, reached: bool) -> None:
    with ExitStack() as redis:
        url = redis.enter_context(running_redis())
        with Redis.from_url(url) as administrator:
            administrator.acl_setuser("default", enabled=True, passwords=["+MARKERPASSWORD"])
        url = url.replace("//", "//:MARKERPASSWORD@")
        if not reached:
            redis.close()
        with marked_gateway(redis_url=url) as gateway:
            asked = list(answers(gateway.url, BEARER))
            shown = [*map(received, asked), *pages(gateway.url)]
    assert {answer.status_code == 503 for answer in asked} == {not reached}
    assert ("Redis cannot be reached" in "".join(logged.lines)) is not reached
    assert found_in([*shown, *of_the_gateway(logged)]) == []


def test_a_defect_is_logged_without_them(logged: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(client: AsyncSparkClient, *_: object, **__: object) -> None:
        raise RuntimeError(f"a defect of {client}")

    for name in ("chat", "stream", "embed", "generate_image"):
        monkeypatch.setattr(AsyncSparkClient, name, broken)
    with marked_gateway() as gateway:
        failed = list(answers(gateway.url, BEARER | OWN))
        shown = [*map(received, failed), *pages(gateway.url)]
    assert 500 in {answer.status_code for answer in failed}
    assert "RuntimeError: a defect of AsyncSparkClient" in "".join(logged.lines)
    assert found_in([*shown, *of_the_gateway(logged)]) == []


def test_the_configuration_is_written_down_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OWN.items():
        monkeypatch.setenv(name.removeprefix("X_"), value)
    settings = load_settings(redis_url="redis://:MARKERPASSWORD@localhost:1")
    app = create_app(settings)
    state = app.state.gateway
    client = state.upstream.client(Headers(OWN))
    things = [settings, app, state, state.upstream, client]
    forms = [*map(repr, things), *map(str, things), settings.model_dump_json()]
    assert state.upstream.ready()
    assert found_in(forms) == []


@pytest.mark.parametrize(
    "variable",
    [
        {"GATEWAY_KEYS": '{"anna": "MARKER"}'},
        {"GATEWAY_KEYS": '{"anna": "MARKER'},
        {"GATEWAY_REDIS_URL": "redis://:MARKER@host:port"},
        {"GATEWAY_REDIS_URL": "MARKER"},
    ],
)
def test_a_wrong_configuration_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, variable: dict[str, str]
) -> None:
    for name, value in variable.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert marks_in(everything_about(refused.value)) == []


def test_a_program_writes_none_of_them(tmp_path: Path) -> None:
    with running_emulator(credentials=MARKED) as spark:
        environ = {
            **os.environ,
            **{name.removeprefix("X_"): value for name, value in OWN.items()},
            "GATEWAY_KEYS": json.dumps({"anna": hash_key(KEY)}),
            "GATEWAY_BASE_URL": spark.base_url,
        }
        with running(tmp_path, environ=environ) as program:
            spark.script(faults.RefuseHandshake(401, "{}"))
            asked = [*answers(f"{program.url}/v1", BEARER), *answers(f"{program.url}/v1", {})]
            _, further = program.stop(signal.SIGTERM)
    assert {200, 400, 401} <= {answer.status_code for answer in asked}
    written = (tmp_path / "stdout").read_text()
    assert written.count("\n") == len(asked)
    assert found_in([written, *program.printed, *further]) == []
