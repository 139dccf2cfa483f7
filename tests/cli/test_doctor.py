"""What the doctor asks, says, records and shows of our assumptions."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from iflytek_spark.cli import main
from iflytek_spark.cli.doctor.words import WORDS
from iflytek_spark.emulator import Emulator, Reply, faults, running_emulator
from tests._support.frames import answer
from tests._support.recorded import replay, replay_post
from tests.cli.doctor_helpers import examine


@pytest.fixture
def every_key(keys: dict[str, str], emulator: Emulator) -> Emulator:
    """An emulator to which all three kinds of keys are set."""
    os.environ["SPARK_API_PASSWORD"] = emulator.http_keys.api_password
    os.environ["SPARK_MAAS_API_KEY"] = emulator.http_keys.maas_key
    return emulator


def reply_to_the_question(patch: pytest.MonkeyPatch, reply: str) -> None:
    patch.setattr(sys, "stdin", io.StringIO(reply))


def test_a_sound_account(every_key: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    examined = examine(capsys)
    products = [each for each in examined.findings if each["section"] == "products"]
    works = {each["subject"] for each in products if each["problem"] == "works"}
    assert examined.status == 0
    assert {"lite websocket", "x2 websocket", "image websocket"} <= works
    assert {"x2 spark-open", "spark-x2.5 maas"} <= works
    assert {"embedding signed", "image-generation signed"} <= works
    assert {"xop3qwen8bembedding maas", "xop3qwen8breranker maas"} <= works
    assert {each["problem"] for each in products} == {"works", "not-asked"}


def test_without_a_yes_nothing_is_sent(
    every_key: Emulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for reply in ("", "\n", "n\n"):
        reply_to_the_question(monkeypatch, reply)
        assert main(["doctor"]) == 0
        out, err = capsys.readouterr()
        assert "calls will be made" in err
        assert "6 points" in err
        assert "no calls were wanted: lite websocket" in out
    assert (every_key.handshakes, every_key.requests) == ((), ())


def test_as_many_calls_as_were_told(
    every_key: Emulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reply_to_the_question(monkeypatch, "y\n")
    assert main(["doctor", "--only", "lite", "--only", "image-generation"]) == 0
    assert "At most 3 calls" in capsys.readouterr().err
    assert len(every_key.requests) == 3


def test_chinese_by_locale(every_key: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    os.environ["LC_ALL"] = "zh_CN.UTF-8"
    assert main(["doctor", "--yes", "--only", "lite websocket"]) == 0
    out, _ = capsys.readouterr()
    assert "lite websocket: 可用" in out
    assert "一切正常" in out
    os.environ.update(LC_ALL="", LANG="en_US.UTF-8")
    assert main(["doctor", "--yes", "--only", "lite websocket"]) == 0
    assert "lite websocket: works" in capsys.readouterr().out


def test_both_languages_have_every_detail() -> None:
    places = {name: (words.en.count("{}"), words.zh.count("{}")) for name, words in WORDS.items()}
    assert {name for name, found in places.items() if found != (1, 1)} == set()


def test_products_without_a_key_are_not_tried(
    keys: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    del os.environ["SPARK_MAAS_API_KEY"]
    findings = examine(capsys, "--only", "maas").findings
    maas = [each for each in findings if each["subject"] == "spark-x2.5 maas"]
    assert [(each["verdict"], each["problem"]) for each in maas] == [("not tried", "no-key-for-it")]


def test_a_password_alone_is_enough(capsys: pytest.CaptureFixture[str]) -> None:
    with running_emulator() as spark:
        os.environ["SPARK_API_PASSWORD"] = spark.http_keys.api_password
        os.environ["SPARK_BASE_URL"] = spark.base_url
        examined = examine(capsys, "--only", "x2")
    works = [each["subject"] for each in examined.findings if each["problem"] == "works"]
    assert works == ["x2 spark-open"]


def test_assumptions_that_hold(every_key: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    findings = examine(capsys, "--only", "4.0Ultra", "--only", "image").findings
    held = {each["subject"] for each in findings if each["problem"] == "held"}
    assert held == {
        "SMALLEST_TEMPERATURE", "MAX_MESSAGE_BYTES", "IMAGE_TOKENS", "SEQ_STEP", "MAX_TOKEN_COUNT",
        "MAX_RESPONSE_BYTES", "LENGTH_IS_LIMIT", "USAGE_ENDS_AN_ANSWER",
    }  # fmt: skip
    skipped = {each["subject"] for each in findings if each["verdict"] == "not tried"}
    assert {"CONTEXT_MARGIN", "KEEP_ALIVE_SECONDS", "emulator CHUNK_SIZE"} <= skipped


def test_assumptions_that_do_not_hold(capsys: pytest.CaptureFixture[str]) -> None:
    """A service that leaves numbers out, and whose answers are longer than was asked for."""
    frames = answer("一", "二", "三", "")
    reply = Reply("", fault=faults.Replay((frames[0], *frames[2:])))
    with running_emulator(respond=lambda _: reply) as spark:
        os.environ.update(spark.environment)
        findings = examine(capsys, "--only", "lite websocket").findings
    refuted = [each["subject"] for each in findings if each["problem"] == "did-not-hold"]
    assert refuted == ["SEQ_STEP", "LENGTH_IS_LIMIT"]


def test_recordings_can_be_replayed(
    every_key: Emulator, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    examine(capsys, "--only", "lite", "--only", "spark-x2.5", "--record", "recorded")
    files = sorted((folder / "recorded").iterdir())
    assert [path.stem for path in files] == [
        "lite-spark-open", "lite-websocket", "spark-x2.5-maas"
    ]  # fmt: skip
    for path in files:
        text = path.read_text(encoding="utf-8")
        known, keys = every_key.credentials, every_key.http_keys
        secrets = (known.app_id, known.api_key, known.api_secret, keys.api_password, keys.maas_key)
        assert not [secret for secret in secrets if secret in text]
        assert replay(path).text


POSTED = ["embedding", "image-generation", "xop3qwen8bembedding", "xop3qwen8breranker"]


def test_what_was_posted_is_recorded_too(
    every_key: Emulator, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    only = [word for name in POSTED for word in ("--only", name)]
    examine(capsys, *only, "--record", "recorded")
    files = sorted((folder / "recorded").iterdir())
    assert [path.stem.rpartition("-")[0] for path in files] == POSTED
    known, keys = every_key.credentials, every_key.http_keys
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not [secret for secret in (known.app_id, keys.maas_key) if secret in text]
        assert replay_post(path)


def test_ids_in_what_came_are_not_recorded(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error's words may hold the app, an address and a request's id."""
    said = "ClientMsgError:(1) app ab12cd34 from 10.1.2.3 request 7f3a9c0d1e2b4f5a6b7c8d9e0f1a2b3c"
    reply = Reply("", fault=faults.ErrorFrame(10012, said))
    with running_emulator(respond=lambda _: reply) as spark:
        os.environ.update(spark.environment)
        os.environ["SPARK_APP_ID"] = spark.credentials.app_id
        examined = examine(capsys, "--only", "lite websocket", "--record", "recorded")
        app_id = spark.credentials.app_id
    assert examined.status == 1
    text = (folder / "recorded" / "lite-websocket.json").read_text(encoding="utf-8")
    assert not [each for each in (app_id, "10.1.2.3", "7f3a9c0d") if each in text]


def test_ctrl_c_ends_it_in_one_line(slow: Emulator) -> None:
    command = [sys.executable, "-m", "iflytek_spark", "doctor", "--yes", "--only", "lite websocket"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe) as process:
        assert slow.wait_for_requests(1, 20)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert errors.decode().splitlines() == ["stopped"]
    assert process.returncode == 130
