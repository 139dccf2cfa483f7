"""What no text can hold, in what Spark says: the caller is told, with the status of its kind."""

from __future__ import annotations

import json

import pytest

from iflytek_spark.emulator import Emulator, faults
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import ask

_HALF = "\\ud800"
_WORDS = ("no \\ud800 way", _HALF, f"{_HALF}{_HALF}", "\\udc00\\ud800")


@pytest.mark.parametrize("words", _WORDS)
@pytest.mark.parametrize("stream", [False, True])
def test_half_a_character_in_a_refusal(
    running_gateway: RunningGateway, emulator: Emulator, words: str, stream: bool
) -> None:
    emulator.script(faults.RefuseHandshake(401, f'{{"message":"{words}"}}'))
    response = ask(running_gateway(), stream=stream)
    assert response.status_code == 502
    assert response.json()["error"]["code"] == "gateway_keys_refused"


@pytest.mark.parametrize("words", _WORDS)
@pytest.mark.parametrize("stream", [False, True])
def test_half_a_character_in_an_error_of_spark(
    running_gateway: RunningGateway, emulator: Emulator, words: str, stream: bool
) -> None:
    header = f'{{"code":11200,"message":"{words}","sid":"{words}","status":2}}'
    emulator.script(faults.RawFrame(f'{{"header":{header}}}', after=0))
    response = ask(running_gateway(), stream=stream)
    assert response.status_code == 502
    assert response.json()["error"]["code"] == "gateway_keys_not_permitted"


@pytest.mark.parametrize("words", _WORDS)
@pytest.mark.parametrize("stream", [False, True])
def test_half_a_character_in_an_answer(
    running_gateway: RunningGateway, emulator: Emulator, words: str, stream: bool
) -> None:
    text = {"content": "MARK", "role": "assistant", "index": 0}
    choices = {"status": 2, "seq": 0, "text": [text]}
    frame = {"header": {"code": 0, "message": "Success", "sid": "s", "status": 2}}
    written = json.dumps({**frame, "payload": {"choices": choices}}).replace("MARK", words)
    emulator.script(*[faults.RawFrame(written, after=0)] * 3)
    response = ask(running_gateway(), stream=stream)
    assert response.status_code in (200, 502)
    response.content.decode()  # which is UTF-8
    assert "internal_error" not in response.text
