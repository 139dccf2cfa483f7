"""Each fault over HTTP, seen from a client's end."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import httpx
import pytest

from iflytek_spark.emulator import Emulator, Fault, HttpOptions, Reply, faults, running_emulator
from tests.emulator.http.raw import MODELS, PATHS, QUESTION, Kind, ask, key, payloads

_KINDS: list[Kind] = ["open", "maas"]
both = pytest.mark.parametrize("kind", _KINDS)
_LETTERS = tuple("一二三四五")


def fails(spark: Emulator, kind: Kind, fault: Fault | tuple[Fault, ...], **fields: Any) -> Any:
    spark.respond = lambda _: Reply(deltas=_LETTERS)
    spark.script(fault)
    return ask(spark, kind, **fields)


@both
def test_a_clean_cut_has_no_end(spark: Emulator, kind: Kind) -> None:
    found = payloads(fails(spark, kind, faults.Cut(after=3, how="close"), stream=True))
    assert len(found) == 3
    assert "[DONE]" not in found[-1]


@both
def test_a_stream_without_done(spark: Emulator, kind: Kind) -> None:
    whole = payloads(ask(spark, kind, stream=True, max_tokens=4))
    spark.script(faults.NoFinal())
    found = payloads(ask(spark, kind, stream=True, max_tokens=4))
    assert len(found) == len(whole) - 1


@both
@pytest.mark.parametrize("how", ["reset", "eof"])
@pytest.mark.parametrize("after", [0, 2])
def test_a_cut_inside_the_body(spark: Emulator, kind: Kind, how: Any, after: int) -> None:
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        fails(spark, kind, faults.Cut(after=after, how=how), stream=True)


@both
@pytest.mark.parametrize(
    ("stream", "fault"),
    [
        *itertools.product(
            (False, True), (faults.Silence(), faults.HangHandshake(), faults.SilenceAfterHead())
        ),
        (True, faults.Silence(after=2)),
    ],
)
def test_silence(spark: Emulator, kind: Kind, fault: Fault, stream: bool) -> None:
    spark.script(fault)
    body = {"model": MODELS[kind], "messages": [{"role": "user", "content": "x"}], "stream": stream}
    headers = {"Authorization": f"Bearer {key(spark, kind)}"}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(spark.http_url + PATHS[kind], json=body, headers=headers, timeout=0.3)
    assert spark.wait_until_idle()


@both
@pytest.mark.parametrize("stream", [False, True])
def test_a_page_of_html(spark: Emulator, kind: Kind, stream: bool) -> None:
    response = fails(spark, kind, faults.HtmlPage(502), stream=stream)
    assert response.status_code == 502
    assert response.headers["content-type"].startswith("text/html")
    assert response.text.startswith("<html>")


@both
def test_blank_lines_and_comments_amid_a_stream(spark: Emulator, kind: Kind) -> None:
    fault = (faults.BlankLines(3, after=2), faults.BlankLines(line=": keep-alive", after=1))
    response = fails(spark, kind, fault, stream=True)
    assert "\n\n\n\n" in response.text
    found = [payload.strip() for payload in payloads(response)]
    assert found.count(": keep-alive") == 1
    assert found[-1] == "[DONE]"


@both
def test_blank_lines_before_a_body(spark: Emulator, kind: Kind) -> None:
    response = fails(spark, kind, faults.BlankLines(4))
    assert response.text.startswith("\n\n\n\n{")
    assert json.loads(response.text)["choices"]


@both
def test_garbage(spark: Emulator, kind: Kind) -> None:
    found = payloads(fails(spark, kind, faults.RawFrame("{nonsense", after=1), stream=True))
    assert found[1].strip() == "{nonsense"
    response = fails(spark, kind, faults.BareBytes(b"event: ping\n\n", after=1), stream=True)
    assert "\n\nevent: ping\n\n" in response.text


@both
def test_events_are_repeated_and_lost(spark: Emulator, kind: Kind) -> None:
    whole = payloads(fails(spark, kind, (), stream=True))
    repeated = payloads(fails(spark, kind, faults.RepeatFrame(1), stream=True))
    lost = payloads(fails(spark, kind, faults.SkipFrame(1), stream=True))
    assert (len(repeated), len(lost)) == (len(whole) + 1, len(whole) - 1)


@both
def test_a_recording_is_replayed(spark: Emulator, kind: Kind) -> None:
    response = fails(spark, kind, faults.Replay(("data: {}\n\n", "data:[DONE]\n\n")), stream=True)
    assert response.text == "data: {}\n\ndata:[DONE]\n\n"


@both
def test_slowness(spark: Emulator, kind: Kind) -> None:
    started = time.monotonic()
    found = payloads(fails(spark, kind, faults.Slow(0.02), stream=True))
    assert time.monotonic() - started >= 0.02 * len(found)


@both
def test_a_trickle_cuts_characters_and_events(spark: Emulator, kind: Kind) -> None:
    found = payloads(fails(spark, kind, faults.Trickle(3), stream=True))
    assert found[-1].strip() == "[DONE]"


@both
@pytest.mark.parametrize("after", [1, 3])
def test_an_error_amid_a_stream(spark: Emulator, kind: Kind, after: int) -> None:
    found = payloads(fails(spark, kind, faults.ErrorFrame(11200, "gone", after), stream=True))
    assert len(found) == after + 1
    last = json.loads(found[-1])
    assert (last["code"] if kind == "open" else last["error"]["code"]) == 11200


def test_an_engine_that_fails_may_cut_the_stream() -> None:
    fault, options = faults.ErrorFrame(10012, after=2), HttpOptions(engine_fault="cut")
    cut = pytest.raises((httpx.RemoteProtocolError, httpx.ReadError))
    with running_emulator(http_options=options) as spark, cut:
        fails(spark, "maas", fault, stream=True)


def test_keep_alive_sends_blank_lines_until_the_answer(spark: Emulator) -> None:
    def respond(_: object) -> Reply:
        time.sleep(0.25)
        return Reply("好")

    with running_emulator(respond=respond, http_options=HttpOptions(keep_alive=0.05)) as slow:
        response = ask(slow, "open", keep_alive=True)
    assert response.text.startswith("\n")
    assert response.json()["choices"][0]["message"]["content"] == "好"


@both
def test_a_connection_is_kept_for_the_next_request(spark: Emulator, kind: Kind) -> None:
    headers = {"Authorization": f"Bearer {key(spark, kind)}"}
    body = {"model": MODELS[kind], "messages": [{"role": "user", "content": QUESTION}]}
    with httpx.Client(base_url=spark.http_url, headers=headers) as client:
        for stream in (True, False, True):
            response = client.post(PATHS[kind], json={**body, "stream": stream})
            assert response.status_code == 200
            assert spark.open_connections == 1


@both
def test_a_mistake_of_the_program_ends_the_test(kind: Kind) -> None:
    def respond(_: object) -> Reply:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), running_emulator(respond=respond) as spark:
        assert "19999" in ask(spark, kind).text
