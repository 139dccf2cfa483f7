from __future__ import annotations

import httpx2

from iflytek_spark.emulator import Emulator, faults
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import ask, streaming
from tests.gateway.metrics_helpers import Samples, samples_after

_CHAT = "/v1/chat/completions"


def test_requests_and_tokens(running_gateway: RunningGateway) -> None:
    url = running_gateway()
    usages = [ask(url, model=name).json()["usage"] for name in ("lite", "v1.1", "general")]
    seen = samples_after(url, 3)
    assert seen.sum("requests_total", route=_CHAT, model="lite", status="200") == 3
    for counted in ("prompt", "completion"):
        spent = sum(usage[f"{counted}_tokens"] for usage in usages)
        assert seen.sum("tokens_total", model="lite", type=counted) == spent
    assert seen.sum("upstream_opens_total") == 3
    assert seen.sum("first_token_seconds_count") == 0
    assert seen.sum("request_seconds_count", route=_CHAT, model="lite") == 3
    assert 0 < seen.sum("request_seconds_sum") < 30


def test_times_of_a_streamed_answer(running_gateway: RunningGateway) -> None:
    url = running_gateway()
    with streaming(url) as lines:
        assert list(lines)
    seen = samples_after(url, 1)
    assert seen.sum("first_token_seconds_count", model="lite") == 1
    assert seen.sum("token_seconds_count", model="lite") == 1
    assert 0 < seen.sum("first_token_seconds_sum") < 10
    assert 0 < seen.sum("token_seconds_sum") < 1


def test_requests_under_way(running_gateway: RunningGateway, emulator: Emulator) -> None:
    emulator.script(faults.Silence(after=2), faults.Silence(after=2))
    url = running_gateway()
    with streaming(url), streaming(url):
        assert Samples(url).sum("requests_in_flight") == 2
    assert samples_after(url, 2).sum("requests_in_flight") == 0


def test_failures(running_gateway: RunningGateway, emulator: Emulator) -> None:
    emulator.script(faults.ErrorFrame(10013), faults.ErrorFrame(11200))
    url = running_gateway()
    statuses = [ask(url).status_code, ask(url).status_code, ask(url, n=2).status_code]
    seen = samples_after(url, 3)
    assert seen.sum("errors_total", error="ContentFilterError", spark_code="10013") == 1
    assert seen.sum("errors_total", spark_code="11200") == 1
    assert seen.sum("errors_total", error="invalid_value", spark_code="") == 1
    for status in set(statuses):
        assert seen.sum("requests_total", status=str(status)) == statuses.count(status)


def test_what_callers_write_makes_no_labels(running_gateway: RunningGateway) -> None:
    url = running_gateway(models={"house-model": "lite"})
    for number in range(5):
        assert ask(url, model=f"model-{number}").status_code == 404
        assert httpx2.get(f"{url}/v1/route-{number}").status_code == 404
        assert httpx2.get(f"{url}/v1/models/model-{number}").status_code == 404
    assert ask(url, model="house-model").status_code == 200
    seen = samples_after(url, 16)
    assert seen.labels("model") == {"none", "lite"}
    assert seen.labels("route") == {_CHAT, "none", "/v1/models/{model:path}"}


def test_two_gateways_in_one_process_count_for_themselves(running_gateway: RunningGateway) -> None:
    one, other = running_gateway(), running_gateway()
    assert ask(one).status_code == 200
    assert samples_after(one, 1).sum("requests_total") == 1
    assert Samples(other).sum("requests_total") == 0


def test_no_secret_is_shown(running_gateway: RunningGateway, emulator: Emulator) -> None:
    url = running_gateway()
    assert ask(url).status_code == 200
    shown = Samples(url).text + httpx2.get(f"{url}/readyz").text
    known = emulator.credentials
    assert not [
        value for value in (known.app_id, known.api_key, known.api_secret) if value in shown
    ]
