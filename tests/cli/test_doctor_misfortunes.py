"""The doctor names what is wrong, whatever it is: real sockets, one misfortune each."""

from __future__ import annotations

import os

import pytest

from iflytek_spark.emulator import Emulator, faults
from tests.cli.doctor_helpers import examine
from tests.cli.misfortunes import (
    KEY,
    MAAS,
    MOVED,
    PORTAL,
    SECRET,
    Misfortune,
    answering,
    certified,
    closed_port,
    elsewhere,
    every_product_refused,
    failing,
    half_and_half,
    half_beside_a_password,
    missing_ca,
    no_tls,
    nothing,
    proxied,
    set_to,
    skewed,
    spaced,
    swapped_strangers,
    unknown_host,
    whole_address,
)
from tests.contract.proxies import running_proxy

WRONG: dict[str, tuple[Misfortune, str]] = {
    "wrong secret": (set_to(SPARK_API_SECRET=SECRET), "wrong-secret"),
    "wrong key": (set_to(SPARK_API_KEY=KEY), "wrong-key"),
    "wrong app id": (set_to(SPARK_APP_ID="other"), "wrong-app-id"),
    "wrong MaaS key": (set_to(SPARK_MAAS_API_KEY=MAAS), "wrong-http-key"),
    "wrong APIPassword": (set_to(SPARK_API_PASSWORD="another"), "wrong-http-key"),
    "clock an hour ahead": (skewed(-3600), "clock"),
    "clock an hour behind": (skewed(3600), "clock"),
    "11200 on one product": (failing(11200), "not-entitled"),
    "no tokens left": (failing(11200, "AppIdNoAuthError:(15:24:29.825) tokens.total"), "quota"),
    "day's limit": (failing(11201, "AppIdDailyOverFlowError"), "quota"),
    "too fast": (failing(11202, "AppIdQpsOverFlowError"), "rate"),
    "withdrawn by the service": (failing(10404, "NoCategoryRouteError"), "unknown-model"),
    "engine fails": (failing(10012, "EngineInternalError"), "other-error"),
    "unknown code": (failing(19998, "NewError"), "other-error"),
    "proxy refuses": (proxied("403 Forbidden"), "proxy-refused"),
    "proxy's password": (proxied("407 Proxy Authentication Required", "me:no@"), "proxy-password"),
    "no proxy there": (elsewhere("http://127.0.0.1:1"), "proxy-unreachable"),
    "no SOCKS proxy there": (elsewhere("socks5h://127.0.0.1:1"), "proxy-unreachable"),
    "another kind of proxy": (elsewhere("ftp://127.0.0.1:1"), "proxy-bad"),
    "no TLS at the port": (no_tls, "tls"),
    "sent to a log-in page": (answering(MOVED), "captive-portal"),
    "half an app beside a password": (half_beside_a_password, "keys-incomplete"),
    "expired certificate": (certified("expired"), "certificate-expired"),
    "self-signed certificate": (certified("self-signed"), "certificate-self-signed"),
    "CA file is missing": (missing_ca, "ca-missing"),
    "unknown CA": (certified("unknown CA"), "certificate-unknown-ca"),
    "other host's certificate": (certified("named", "spark.example.com"), "certificate-host"),
    "no such host": (unknown_host, "dns"),
    "closed port": (closed_port, "port-closed"),
    "captive portal": (answering(PORTAL), "captive-portal"),
    "silence": (answering(None), "silence"),
    "no HTTP": (answering(b"SSH-2.0-OpenSSH_9.6\r\n"), "not-http"),
    "APIKey as MaaS key": (set_to(SPARK_MAAS_API_KEY=KEY), "kind-of-key"),
    "MaaS key as APIKey": (set_to(SPARK_API_KEY=MAAS), "kind-of-key"),
    "APIKey as APPID": (set_to(SPARK_APP_ID=KEY), "kind-of-key"),
    "swapped": (set_to(SPARK_API_KEY=SECRET, SPARK_API_SECRET=KEY), "swapped"),
    "swapped, of unusual forms": (swapped_strangers, "wrong-key"),
    "unknown model": (set_to(SPARK_MODEL="spark-9"), "unknown-model"),
    "two families": (half_and_half, "mixed-families"),
    "quotation marks": (spaced('"', '"'), "quotes"),
    "Chinese quotation marks": (spaced("“", "”"), "quotes"),
    "a space inside": (spaced("Bearer ", ""), "inner-whitespace"),
    "no address": (set_to(SPARK_BASE_URL="not an address"), "base-url-bad"),
    "no keys": (nothing, "no-keys"),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_what_is_wrong_is_named(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    misfortune, problem = WRONG[case]
    quick = ("--timeout", "0.5") if case == "silence" else ()
    with misfortune():
        examined = examine(capsys, "--only", "4.0Ultra", "--only", "spark-x2.5", *quick)
    assert examined.status == 1
    assert problem in examined.problems("wrong")
    named = [each for each in examined.findings if each["problem"] == problem]
    assert all("{" not in each["text"] for each in named)


HARMLESS: dict[str, tuple[Misfortune, str]] = {
    "spaces around": (spaced(" ", "\n"), "whitespace"),
    "whole address as base_url": (whole_address, "base-url-path"),
    "withdrawn model": (set_to(SPARK_MODEL="max"), "retired-model"),
}


def test_an_app_id_of_another_app(capsys: pytest.CaptureFixture[str]) -> None:
    with every_product_refused():
        examined = examine(capsys, "--only", "websocket")
    assert examined.problems("wrong") == {"not-entitled", "all-refused"}


@pytest.mark.parametrize("case", sorted(HARMLESS))
def test_what_was_put_right_is_told(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    misfortune, problem = HARMLESS[case]
    with misfortune():
        examined = examine(capsys, "--only", "4.0Ultra")
    assert examined.status == 0
    assert problem in examined.problems("note")
    assert "works" in examined.problems("ok")


def test_a_ca_of_ones_own_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with certified("named")():
        examined = examine(capsys, "--only", "lite")
    assert examined.status == 0
    assert any("SSL_CERT_FILE=ca.pem" in each["text"] for each in examined.findings)


def test_the_error_has_code_and_sid(capsys: pytest.CaptureFixture[str]) -> None:
    with failing(11200)():
        examined = examine(capsys, "--only", "4.0Ultra", "--only", "lite")
    refused = [each for each in examined.findings if each["problem"] == "not-entitled"]
    assert {each["subject"] for each in refused} == {"4.0Ultra websocket", "4.0Ultra spark-open"}
    assert all(each["code"] == 11200 and each["sid"] in each["text"] for each in refused)
    assert "works" in examined.problems("ok")


def test_a_proxy_in_use_is_named_without_its_password(
    capsys: pytest.CaptureFixture[str], emulator: Emulator
) -> None:
    os.environ.update(emulator.environment)
    target = emulator.base_url.removeprefix("ws://")
    with running_proxy(target) as proxy:
        os.environ["SPARK_BASE_URL"] = "ws://spark.example.com"
        os.environ["http_proxy"] = proxy.url.replace("//", "//me:hidden@")
        examined = examine(capsys, "--only", "lite websocket")
    told = next(each for each in examined.findings if each["problem"] == "proxy-used")
    assert proxy.url in told["text"]
    assert "hidden" not in str(examined.findings)
    assert examined.status == 0


@pytest.mark.parametrize("product", ["xop3qwen8bembedding", "xop3qwen8breranker"])
@pytest.mark.parametrize(
    ("key", "code", "said", "problem"),
    [
        ("", 11200, "no valid authorization: the account lacks an active order", "not-entitled"),
        ("", 11221, "allowed models: xopglm5", "not-entitled"),
        ("", 11200, "AppIdNoAuthError:(15:24:29.825) tokens.total", "quota"),
        ("", 11202, "AppIdQpsOverFlowError", "rate"),
        ("", 10404, "no category route found", "unknown-model"),
        (MAAS, 0, "", "wrong-http-key"),
    ],
)
def test_hosted_vectors_and_ranks(
    product: str,
    key: str,
    code: int,
    said: str,
    problem: str,
    emulator: Emulator,
    capsys: pytest.CaptureFixture[str],
) -> None:
    os.environ.update(emulator.environment)
    if key:
        os.environ["SPARK_MAAS_API_KEY"] = key
    else:
        emulator.script(None, faults.ErrorFrame(code, said))  # the host is tried first
    examined = examine(capsys, "--only", product)
    (found,) = [one for one in examined.findings if one["subject"] == f"{product} maas"]
    assert (examined.status, found["verdict"], found["problem"]) == (1, "wrong", problem)


@pytest.mark.parametrize("product", ["xop3qwen8bembedding", "xop3qwen8breranker"])
def test_hosted_vectors_and_ranks_without_a_key(
    product: str, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ.update(emulator.environment)
    del os.environ["SPARK_MAAS_API_KEY"]
    examined = examine(capsys, "--only", product)
    (found,) = [one for one in examined.findings if one["subject"] == f"{product} maas"]
    assert (found["verdict"], found["problem"]) == ("not tried", "no-key-for-it")
