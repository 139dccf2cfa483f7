"""Vectors of hosted models: in batches, in order, paced, and never of another length."""

from __future__ import annotations

import math
from typing import Any

import pytest

from iflytek_spark import errors
from iflytek_spark.emulator import Emulator, HttpOptions, faults, running_emulator
from iflytek_spark.protocol.steps import Clock
from iflytek_spark.transports.http_async import AsyncHttpTransport
from iflytek_spark.transports.http_sync import HttpTransport
from tests.unit.embeddings.maas_helpers import MAAS_CALLERS, MODEL, MaasCaller, sent

TEXTS = [f"第{number}段:讯飞星火" for number in range(130)]


@pytest.fixture(params=MAAS_CALLERS)
def caller(request: pytest.FixtureRequest) -> MaasCaller:
    return MAAS_CALLERS[request.param]


def test_texts_go_in_batches_and_come_back_in_order(emulator: Emulator, caller: MaasCaller) -> None:
    done: list[tuple[int, int]] = []
    vectors = caller.embed(emulator, TEXTS, on_progress=lambda *at: done.append(at))
    assert sorted(map(len, sent(emulator))) == [30, 50, 50]
    assert {len(vector) for vector in vectors} == {768}
    assert [math.hypot(*vector) for vector in vectors] == pytest.approx([1] * 130)
    assert vectors[77] == caller.embed(emulator, [TEXTS[77]])[0]
    assert done[-1] == (130, 130)


def test_the_request_is_as_documented(emulator: Emulator, caller: MaasCaller) -> None:
    (vector,) = caller.embed(emulator, ["讯飞"], dimensions=64)
    (request,) = emulator.requests
    assert request.path == "/v2/embeddings"
    expected = {"model": MODEL, "input": ["讯飞"], "encoding_format": "float", "dimensions": 64}
    assert request.body == expected
    assert len(vector) == 64


def test_vectors_out_of_order_are_put_right(caller: MaasCaller) -> None:
    with (
        running_emulator() as plain,
        running_emulator(http_options=HttpOptions(shuffled=True)) as shuffled,
    ):
        expected = caller.embed(plain, TEXTS[:9], dimensions=32)
        assert caller.embed(shuffled, TEXTS[:9], dimensions=32) == expected


def test_a_batch_that_is_refused_is_halved_and_the_size_is_known_then(caller: MaasCaller) -> None:
    with running_emulator(http_options=HttpOptions(max_texts=10)) as spark:
        vectors = caller.embed(spark, TEXTS[:50], dimensions=32)
        assert len(vectors) == 50
        before = len(spark.requests)
        assert caller.embed(spark, TEXTS[:50], dimensions=32) == vectors
        again = sent(spark)[before:]
        assert sorted(text for part in again for text in part) == sorted(TEXTS[:50])
        assert max(map(len, again)) <= 10


def test_what_one_text_alone_is_refused_for_is_an_error(emulator: Emulator) -> None:
    emulator.script(*[faults.ErrorFrame(10005, "bad")] * 3)
    with pytest.raises(errors.BadRequestError, match="10005"):
        MAAS_CALLERS["sync"].embed(emulator, TEXTS[:4])
    assert [len(part) for part in sent(emulator)] == [4, 2, 1]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (11200, errors.PermissionDeniedError),
        (11202, errors.RateLimitError),
        (10005, errors.BadRequestError),
    ],
)
def test_errors_are_typed(
    emulator: Emulator, caller: MaasCaller, code: int, kind: type[errors.APIError]
) -> None:
    emulator.script(faults.ErrorFrame(code, "no"))
    with pytest.raises(kind) as caught:
        caller.embed(emulator, ["x"], max_retries=0)
    assert caught.value.code == code


def test_too_many_requests_are_sent_again(emulator: Emulator, caller: MaasCaller) -> None:
    emulator.script(faults.ErrorFrame(11202, "slow down"))
    assert len(caller.embed(emulator, ["x"])) == 1
    assert len(emulator.requests) == 2


@pytest.mark.parametrize(
    ("texts", "options", "kind", "words"),
    [
        ("text", {}, errors.InvalidRequestError, "one string"),
        (["a", " "], {}, errors.InvalidRequestError, r"texts\[1\] is empty"),
        (["a"], {"dimensions": 2560}, errors.InvalidRequestError, "768"),
        (["a"], {"dimensions": True}, errors.InvalidRequestError, "768"),
        (["a"], {"batch_size": 0}, errors.InvalidRequestError, "batch_size"),
        (["a"], {"model": "4.0Ultra"}, errors.UnknownModelError, MODEL),
        (["a"], {"model": "xop3qwen8breranker"}, errors.UnknownModelError, MODEL),
        (["a"], {"model": None, "dimensions": 768}, errors.InvalidRequestError, "2560"),
        (["a"], {"model": None, "batch_size": 9}, errors.InvalidRequestError, "one text"),
    ],
)
def test_nothing_is_sent_that_would_be_refused(
    emulator: Emulator,
    caller: MaasCaller,
    texts: Any,
    options: dict[str, Any],
    kind: type[errors.SparkError],
    words: str,
) -> None:
    with pytest.raises(kind, match=words):
        caller.embed(emulator, texts, **options)
    assert not emulator.requests


def test_no_texts_need_no_request(emulator: Emulator, caller: MaasCaller) -> None:
    assert caller.embed(emulator, []) == []
    assert not emulator.requests


def test_the_kind_of_key_that_is_missing_is_named(emulator: Emulator, caller: MaasCaller) -> None:
    with pytest.raises(errors.MissingCredentialsError, match="MaaS"):
        caller.embed(emulator, ["a"], credentials=emulator.credentials)


class Sleeper:
    """A clock that goes on when somebody sleeps, who does not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.clock = Clock(lambda: 0.0, lambda: self.now, lambda: 0.0)

        def sleep(_: object, seconds: float) -> None:
            self.now += seconds

        async def asleep(_: object, seconds: float) -> None:
            self.now += seconds

        monkeypatch.setattr(HttpTransport, "sleep", sleep)
        monkeypatch.setattr(AsyncHttpTransport, "sleep", asleep)


def test_a_thousand_texts_take_what_the_rate_allows(
    emulator: Emulator, caller: MaasCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = Sleeper(monkeypatch)
    texts = [f"text {number}" for number in range(1000)]
    options = {"max_qps": 2.0, "max_concurrency": 1, "clock": sleeper.clock}
    vectors = caller.embed(emulator, texts, dimensions=32, **options)
    assert len(vectors) == 1000
    assert [text for part in sent(emulator) for text in part] == texts
    assert len(emulator.requests) == 20
    ideal = 1000 / 50 / 2.0
    assert 19 / 2.0 <= sleeper.now <= 1.1 * ideal
