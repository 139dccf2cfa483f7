"""What is refused over HTTP, and how (PROTOCOL-HTTP.md §7, §11)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from iflytek_spark.emulator import Emulator, HttpOptions, Reply, faults, running_emulator
from tests.emulator.http.raw import PATHS, QUESTION, WEATHER, Kind, ask, key, payloads, post

_HMAC = "HMAC signature cannot be verified"
_USER = {"role": "user", "content": QUESTION}
_PARTS = [{"role": "user", "content": [{"type": "text", "text": QUESTION}]}]
_IMAGE = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": QUESTION},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        ],
    }
]


def _named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}


def bear(spark: Emulator, kind: Kind, authorization: str | None) -> httpx.Response:
    model = "lite" if kind == "open" else "spark-x2.5"
    headers = {} if authorization is None else {"Authorization": authorization}
    body = {"model": model, "messages": [_USER]}
    return httpx.post(spark.http_url + PATHS[kind], json=body, headers=headers)


def test_both_forms_of_open_s_key_are_taken(spark: Emulator) -> None:
    own = spark.credentials
    for token in (spark.http_keys.api_password, f"{own.api_key}:{own.api_secret}"):
        assert bear(spark, "open", f"Bearer {token}").status_code == 200


def test_a_wrong_password_is_an_invalid_user(spark: Emulator) -> None:
    for token in ("wrong", spark.http_keys.maas_key):
        response = bear(spark, "open", f"Bearer {token}")
        error = {"message": "invalid user", "type": "api_error", "param": None, "code": None}
        assert (response.status_code, response.json()) == (401, {"error": error})


def test_what_is_no_password_is_taken_for_a_signature(spark: Emulator) -> None:
    own, keys = spark.credentials, spark.http_keys
    for header in (None, keys.api_password, f"Bearer {own.api_key}", "Bearer"):
        response = bear(spark, "open", header)
        assert response.status_code == 401
        assert response.json()["message"].startswith(f"{_HMAC}:enforced header 'host'")


def test_maas_refuses_as_its_proxy_does(spark: Emulator) -> None:
    messages = {
        None: "Unauthorized",
        f"Bearer {spark.http_keys.api_password}": f"{_HMAC}: fail to retrieve credential",
    }
    for header, message in messages.items():
        response = bear(spark, "maas", header)
        assert (response.status_code, response.json()) == (401, {"message": message})


def test_a_refused_request_is_no_request(spark: Emulator) -> None:
    bear(spark, "open", "Bearer wrong")
    assert len(spark.handshakes) == 1
    assert not spark.requests


def test_what_was_seen_shows_bodies_and_headers_but_prints_no_key(spark: Emulator) -> None:
    ask(spark, "open")
    (request,) = spark.requests
    assert request.body["model"] == "4.0Ultra"
    assert request.headers["authorization"] == f"Bearer {spark.http_keys.api_password}"
    printed = f"{spark.handshakes} {spark.requests} {spark.http_keys}"
    assert spark.http_keys.api_password not in printed
    assert spark.http_keys.maas_key not in printed


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"model": "spark-lite"}, "10005", "invalid param model:spark-lite"),
        ({"temperature": 2.5}, "10005", "invalid param temperature:2.5"),
        ({"max_tokens": 40000}, "10005", "invalid param max_tokens:40000"),
        ({"frequency_penalty": 1.5}, "10005", "invalid param frequency_penalty:1.5"),
        ({"tool_choice": "any"}, "10005", "invalid param tool_choice:any"),
        ({"messages": _PARTS}, "10003", "invalid data"),
        ({"messages": [{"role": "developer", "content": "x"}]}, "10003", "invalid data"),
        ({"messages": []}, "10003", "invalid data"),
        ({"messages": [{"role": "system", "content": "x"}]}, "10003", "invalid data"),
        ({"thinking": {"type": "on"}}, "10005", "invalid param thinking:on"),
        ({"tools": [_named("天气")]}, "10005", "invalid param tools:天气"),
        ({"tools": [_named("x" * 33)]}, "10005", f"invalid param tools:{'x' * 33}"),
        ({"temperature": "warm"}, "10003", "invalid data"),
    ],
)
def test_open_refuses(spark: Emulator, fields: Any, code: str, message: str) -> None:
    for stream in (False, True):
        response = ask(spark, "open", stream=stream, **fields)
        error = response.json()["error"]
        assert response.status_code == 400
        assert error.pop("message").startswith(f"{message} (sid: cha")
        assert error == {"type": "invalid_request_error", "param": None, "code": code}


def test_x1_5_takes_functions_or_the_search(spark: Emulator) -> None:
    search = {"type": "web_search", "web_search": {"enable": True}}
    path = "/v2/chat/completions"
    response = ask(spark, "open", path=path, model="spark-x", tools=[WEATHER, search])
    assert response.json()["error"]["code"] == "10003"
    assert ask(spark, "open", path=path, model="spark-x", tools=[search]).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"model": "unknown"}, 400, 10404),
        ({"model": "spark-x", "path": "/v1/chat/completions"}, 400, 10404),
        ({"model_id": "spark-x2.5"}, 400, 10005),
        ({"n": 2}, 400, 10005),
        ({"messages": [{"role": "developer", "content": "x"}, _USER]}, 400, 10005),
        ({"messages": "x"}, 400, 10005),
        ({"messages": [{"role": "system", "content": "x"}]}, 400, 10005),
        ({"tools": [_named(f"f{index}") for index in range(129)]}, 400, 10005),
        ({"tools": [WEATHER], "tool_choice": "any"}, 400, 10005),
        ({"messages": _IMAGE}, 400, 10012),
        ({"model": "xopkimik25", "messages": _IMAGE, "stream": True}, 400, 10012),
        ({"model": "xopkimik25", "max_tokens": 99999}, 500, None),
        ({"model": "xopkimik25", "temperature": 1.5}, 500, None),
        ({"model": "xophunyuanocr", "tools": [WEATHER]}, 500, None),
        (
            {"model": "xopkimik25", "tools": [WEATHER], "tool_choice": {"type": "function"}},
            500,
            None,
        ),
    ],
)
def test_maas_refuses(spark: Emulator, fields: Any, status: int, code: int | None) -> None:
    response = ask(spark, "maas", **fields)
    error = response.json()["error"]
    assert (response.status_code, error.get("code")) == (status, code)
    if code is None:
        assert error["message"].startswith("xunfei response error: sid: cht")
        assert "RequestParamsError:(" in error["message"]


def test_what_is_undocumented_on_maas_is_ignored(spark: Emulator) -> None:
    fields: dict[str, Any] = {"stop": ["。"], "seed": 1, "logprobs": True, "user": "小明"}
    assert ask(spark, "maas", **fields).status_code == 200
    with running_emulator(http_options=HttpOptions(undocumented="refuse")) as strict:
        assert ask(strict, "maas", stop=["。"]).status_code == 400


def test_models_without_eyes(spark: Emulator) -> None:
    """Some answer without having seen the image, one with nothing (§6)."""
    unseen = ask(spark, "maas", model="xopglm5", messages=_IMAGE)
    assert QUESTION in unseen.json()["choices"][0]["message"]["content"]
    nothing = ask(spark, "maas", model="xsparkx2flash", messages=_IMAGE)
    assert nothing.json()["choices"][0]["message"]["content"] == ""
    assert ask(spark, "maas", model="xopqwen36v35b", messages=_IMAGE).status_code == 200


@pytest.mark.parametrize(("plan", "code"), [(False, 11200), (True, 11221)])
def test_a_model_that_the_key_may_not_use(plan: bool, code: int) -> None:
    options = HttpOptions(allowed_models=frozenset({"spark-x2.5"}), plan=plan)
    with running_emulator(http_options=options) as spark:
        assert ask(spark, "maas").status_code == 200
        response = ask(spark, "maas", model="xopkimik25")
    assert (response.status_code, response.json()["error"]["code"]) == (403, code)


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("open", 11200, 500), ("open", 11202, 500), ("open", 10012, 500), ("open", 10013, 400),
        ("open", 10907, 400), ("maas", 11200, 403), ("maas", 11202, 429), ("maas", 10012, 500),
        ("maas", 10013, 400), ("maas", 10404, 400),
    ],
)  # fmt: skip
def test_errors_have_the_status_of_their_dialect(
    spark: Emulator, kind: Kind, code: int, status: int
) -> None:
    spark.script(faults.ErrorFrame(code, "on demand"))
    response = ask(spark, kind)
    found = response.json()["error"]["code"]
    assert (response.status_code, found) == (status, str(code) if kind == "open" else code)


def test_the_engine_of_maas_fails_inside_a_stream_of_status_200(spark: Emulator) -> None:
    spark.script(faults.ErrorFrame(10012, "EngineInternalError:busy"))
    response = ask(spark, "maas", stream=True)
    (payload,) = payloads(response)
    assert response.status_code == 200
    assert '"code":10012' in payload
    assert "msg: EngineInternalError:busy, timeStamp:" in payload


def test_moderation_on_open_ends_a_stream_without_its_end(spark: Emulator) -> None:
    spark.respond = lambda _: Reply(
        "一二三四五六", fault=faults.ErrorFrame(10014, "stopped", after=1)
    )
    first, second = payloads(ask(spark, "open", stream=True))
    assert '"content":"一二三四"' in first
    assert second.startswith('{"code":10014,"message":"stopped","sid":"cha')


def test_moderation_may_be_a_code_in_status_200() -> None:
    with running_emulator(http_options=HttpOptions(moderation="code")) as spark:
        spark.script(faults.ErrorFrame(10013, "refused"))
        response = ask(spark, "open")
    assert (response.status_code, response.json()["code"]) == (200, 10013)


@pytest.mark.parametrize("path", ["/v2/v1/chat/completions", "/v3/chat/completions", "/v1/rank"])
def test_other_paths_are_not_found(spark: Emulator, path: str) -> None:
    response = post(spark, "open", path, {"model": "lite", "messages": [_USER]})
    assert (response.status_code, response.text) == (404, "404 page not found")


def test_the_list_of_models(spark: Emulator) -> None:
    found = {}
    for kind in PATHS:
        headers = {"Authorization": f"Bearer {key(spark, kind)}"}
        with httpx.Client(base_url=spark.http_url, headers=headers) as client:
            fresh = client.get("/v2/models")
            client.post("/none", content=b"")
            again = client.get("/v2/models")
            assert fresh.text == again.text
            found[kind] = (fresh.status_code, fresh.text)
    assert found["open"] == (404, "404 page not found")
    assert found["maas"] == (200, '{"object":"list","data":[]}')


def test_the_vendor_s_host_decides_where_it_is_named(spark: Emulator) -> None:
    body = {"model": "spark-x", "messages": [_USER]}
    names = {"host": "maas-api.cn-huabei-1.xf-yun.com"}
    response = post(spark, "maas", "/v2/chat/completions", body, **names)
    assert response.json()["error"]["code"] == 10404
    response = post(spark, "maas", "/x2/chat/completions", body, **names)
    assert response.status_code == 404
