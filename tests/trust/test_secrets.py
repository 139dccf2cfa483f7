"""A marked key, secret and signed URL go through everything, and are found nowhere."""

from __future__ import annotations

import asyncio
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.load import dumpd, dumps
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import set_config_context
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from langchain_core.tracers.stdout import ConsoleCallbackHandler
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index_instrumentation import get_dispatcher
from pydantic import Field

from iflytek_spark.emulator import Emulator, Fault, faults, running_emulator
from iflytek_spark.errors import SparkError
from iflytek_spark.protocol.wire.signing import sign_url
from tests._support.calls import Call, Stream, Surface, Target, aread, read
from tests._support.surfaces import (
    CLI,
    IN_PROCESS,
    MODELS,
    chain,
    chat_model,
    completion_model,
    image_tool,
)
from tests.trust.marked import AUTHORIZATION, MARKED, Heard, everything_about, hearing, marks_in

FAULTS: dict[str, Fault | None] = {
    "no fault": None,
    "a refused handshake": faults.RefuseHandshake(401, '{"message":"Unauthorized"}'),
    "an error of the service": faults.ErrorFrame(11200),
    "a lost connection": faults.Cut(),
    "garbage": faults.RawFrame(b"\xff\xfe"),
}


RAISING = [name for name in IN_PROCESS if name != CLI]
TRACED = {chat_model, chain, completion_model, image_tool}
"""What LangChain traces."""


class Events(BaseEventHandler):
    """Keeps LlamaIndex's events as exporters write them."""

    seen: list[str] = Field(default_factory=list)

    @classmethod
    def class_name(cls) -> str:
        return "Events"

    def handle(self, event: Any, **kwargs: Any) -> None:
        self.seen.append(repr(event) + repr(event.model_dump()))


@pytest.fixture
def spark() -> Iterator[Emulator]:
    with running_emulator(credentials=MARKED) as running:
        yield running


@pytest.fixture
def heard() -> Iterator[Heard]:
    with hearing() as heard:
        yield heard


@pytest.fixture
def events() -> Iterator[Events]:
    root, handler = get_dispatcher("root"), Events()
    root.add_event_handler(handler)
    yield handler
    root.event_handlers.remove(handler)


def target_of(spark: Emulator) -> Target:
    return Target(spark.credentials, spark.base_url, max_retries=0)


def ask(surface: Surface, target: Target) -> object:
    if isinstance(surface, Call | Stream):
        return read(surface, target)
    return asyncio.run(aread(surface, target), debug=True)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", IN_PROCESS)
def test_a_call_lets_no_secret_out(
    name: str,
    fault: str,
    spark: Emulator,
    heard: Heard,
    events: Events,
    capfd: pytest.CaptureFixture[str],
) -> None:
    spark.script(FAULTS[fault])
    runs = RunCollectorCallbackHandler()
    config: RunnableConfig = {"callbacks": [runs, ConsoleCallbackHandler()]}
    with warnings.catch_warnings(record=True) as warned, set_config_context(config) as context:
        warnings.simplefilter("always")
        try:
            shown = repr(context.run(ask, IN_PROCESS[name], target_of(spark)))
        except SparkError as error:
            shown = everything_about(error)
    traced = [repr(run) + str(run.model_dump()) for run in runs.traced_runs]
    told = [*capfd.readouterr(), *(str(warning.message) for warning in warned)]
    assert spark.handshakes
    assert bool(traced) is (IN_PROCESS[name].make in TRACED)
    assert [marks_in(text) for text in (shown, *heard.lines, *events.seen, *traced, *told)] == (
        [[]] * (1 + len(heard.lines) + len(events.seen) + len(traced) + len(told))
    )


@pytest.mark.parametrize("name", RAISING)
def test_a_wrong_secret_is_refused_without_being_shown(
    name: str, heard: Heard, capfd: pytest.CaptureFixture[str]
) -> None:
    with (
        running_emulator(credentials=replace(MARKED, api_secret="another")) as spark,
        pytest.raises(SparkError, match="api_secret belongs to api_key") as caught,
    ):
        ask(IN_PROCESS[name], replace(target_of(spark), credentials=MARKED))
    shown = (everything_about(caught.value), *heard.lines, *capfd.readouterr())
    assert marks_in("".join(shown)) == []


@pytest.mark.parametrize("name", RAISING)
def test_a_report_with_local_variables_shows_no_key(name: str, spark: Emulator) -> None:
    """The signed URL, which is good for five minutes, does stand there (see SECURITY.md)."""
    spark.script(faults.ErrorFrame(11200))
    with pytest.raises(SparkError) as caught:
        ask(IN_PROCESS[name], target_of(spark))
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "MARKER" not in "".join(report.format())


FUNCTIONS: tuple[Callable[[Any], object], ...] = (
    repr,
    str,
    "{}".format,
    vars,
    dumps,
    dumpd,
    lambda model: model.model_dump_json(fallback=repr),
)
METHODS = (
    "__repr_args__",
    "_get_invocation_params",
    "_get_llm_string",
    "_get_ls_params",
    "asdict",
    "model_dump",
    "to_dict",
    "to_json",
    "to_json_not_implemented",
    "to_payload",
)
PROPERTIES = ("_identifying_params", "lc_attributes", "lc_secrets", "metadata", "args")


def written(model: Any) -> Iterator[object]:
    """A model in every form that its frameworks know."""
    yield from (write(model) for write in FUNCTIONS)
    yield from (getattr(model, name)() for name in METHODS if hasattr(model, name))
    yield from (getattr(model, name) for name in PROPERTIES if hasattr(model, name))


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_is_written_down_without_its_keys(kind: str, spark: Emulator) -> None:
    forms = [repr(form) for form in written(MODELS[kind](target_of(spark)))]
    assert len(forms) > len(FUNCTIONS)
    assert [marks_in(form) for form in forms] == [[]] * len(forms)


def test_a_model_with_tools_is_written_down_without_its_keys(spark: Emulator) -> None:
    bound = chat_model(target_of(spark)).bind_tools([image_tool(target_of(spark))])
    for form in (repr(bound), dumps(bound), repr(bound.get_graph()), pickle.dumps(bound)):
        assert marks_in(form) == []


def test_the_search_would_find_them(heard: Heard) -> None:
    """The marks are what a signed URL and a shown key would hold."""
    url = sign_url("wss://spark-api.xf-yun.com/v4.0/chat", MARKED, 0.0)
    logging.getLogger("websockets.client").debug("> GET %s", url)
    assert marks_in("".join(heard.lines)) == ["authorization=", AUTHORIZATION]
    assert marks_in(MARKED.api_secret.encode()) == ["MARKER"]
