"""Public clients, unmodified, talk to the emulator: that is how faithful it is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest
import websocket

from iflytek_spark.emulator import Emulator, faults

if TYPE_CHECKING:
    from langchain_community.chat_models import ChatSparkLLM as CommunitySpark
    from sparkai.llm.llm import ChatSparkLLM as VendorSpark

_QUESTION = "用一句话介绍黄山"
_TOOL = {
    "name": "get_weather",
    "description": "查询一个城市的天气",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}

community = pytest.mark.filterwarnings(
    "ignore:.langchain-community. is being sunset:DeprecationWarning"
)
vendor = pytest.mark.skipif(
    sys.version_info >= (3, 13), reason="spark-ai-python has no version for Python 3.13"
)


def _community(spark: Emulator) -> CommunitySpark:
    from langchain_community.chat_models import ChatSparkLLM

    return ChatSparkLLM.model_validate(
        {
            "spark_app_id": spark.credentials.app_id,
            "spark_api_key": spark.credentials.api_key,
            "spark_api_secret": spark.credentials.api_secret,
            "spark_api_url": f"{spark.base_url}/v3.5/chat",
            "spark_llm_domain": "generalv3.5",
        }
    )


@community
def test_langchain_community_invokes(spark: Emulator) -> None:
    message = _community(spark).invoke(_QUESTION)
    assert _QUESTION in str(message.content)
    usage = message.response_metadata["token_usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0
    assert spark.wait_until_idle()


@community
def test_langchain_community_streams(spark: Emulator) -> None:
    chunks = [str(chunk.content) for chunk in _community(spark).stream(_QUESTION)]
    assert len(chunks) > 3
    assert _QUESTION in "".join(chunks)
    assert spark.wait_until_idle()


@community
def test_langchain_community_keeps_a_conversation(spark: Emulator) -> None:
    turns = [("system", "简短回答"), ("user", "你好"), ("ai", "您好"), ("user", _QUESTION)]
    assert _QUESTION in str(_community(spark).invoke(turns).content)
    assert [turn["role"] for turn in spark.requests[0].body["payload"]["message"]["text"]] == [
        "system", "user", "assistant", "user",
    ]  # fmt: skip


@community
def test_langchain_community_hears_of_an_error(spark: Emulator) -> None:
    spark.script(faults.ErrorFrame(11200, "AppIdNoAuthError:(15:24:29.825) tokens.total"))
    with pytest.raises(ConnectionError, match="Code: 11200, Error: AppIdNoAuthError"):
        _community(spark).invoke(_QUESTION)
    assert spark.wait_until_idle()


def _vendor(spark: Emulator, **settings: object) -> VendorSpark:
    from sparkai.llm.llm import ChatSparkLLM

    return ChatSparkLLM(
        spark_app_id=spark.credentials.app_id,
        spark_api_key=spark.credentials.api_key,
        spark_api_secret=spark.credentials.api_secret,
        spark_api_url=f"{spark.base_url}/v4.0/chat",
        spark_llm_domain="4.0Ultra",
        **settings,
    )


def _said(text: str) -> list[Any]:
    from sparkai.core.messages import ChatMessage

    return [ChatMessage(role="user", content=text)]


@vendor
@pytest.mark.parametrize("streaming", [False, True])
def test_spark_ai_python_generates(spark: Emulator, streaming: bool) -> None:
    result = _vendor(spark, streaming=streaming).generate([_said(_QUESTION)])
    assert _QUESTION in result.generations[0][0].text
    usage = result.llm_output["token_usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0
    assert spark.requests[0].headers["user-agent"].startswith("SparkAISdk/python")
    assert spark.wait_until_idle()


@vendor
def test_spark_ai_python_streams(spark: Emulator) -> None:
    chunks = [chunk.content for chunk in _vendor(spark, streaming=True).stream(_said(_QUESTION))]
    assert len(chunks) > 3
    assert _QUESTION in "".join(chunks)
    assert spark.wait_until_idle()


@vendor
def test_spark_ai_python_calls_a_function(spark: Emulator) -> None:
    result = _vendor(spark).generate([_said("合肥的天气怎么样？")], function_definition=[_TOOL])
    call = result.generations[0][0].message.function_call
    assert call["name"] == "get_weather"
    assert json.loads(call["arguments"]) == {"city": "合肥"}
    assert spark.wait_until_idle()


@vendor
def test_spark_ai_python_hears_of_an_error(spark: Emulator) -> None:
    from sparkai.errors import SparkAIConnectionError

    spark.script(faults.ErrorFrame(10013, "moderated"))
    with pytest.raises(SparkAIConnectionError, match="moderated"):
        _vendor(spark).generate([_said(_QUESTION)])
    assert spark.wait_until_idle()


class _CallbackClient:
    """The flow of the vendor's guide: websocket-client and four callbacks."""

    def __init__(self, app_id: str, domain: str, question: str) -> None:
        self._request = {
            "header": {"app_id": app_id, "uid": "1234"},
            "parameter": {"chat": {"domain": domain, "temperature": 0.5, "max_tokens": 4096,
                                   "auditing": "default"}},
            "payload": {"message": {"text": [{"role": "user", "content": question}]}},
        }  # fmt: skip
        self.pieces: list[str] = []
        self.failures: list[object] = []
        self.closed = False

    def run(self, url: str) -> None:
        websocket.WebSocketApp(
            url,
            on_open=lambda app: app.send(json.dumps(self._request)),
            on_message=self._heard,
            on_error=lambda _, error: self.failures.append(error),
            on_close=lambda *_: setattr(self, "closed", True),
        ).run_forever()

    def _heard(self, app: websocket.WebSocketApp, message: str) -> None:
        answer = json.loads(message)
        if answer["header"]["code"]:
            self.failures.append(answer["header"]["code"])
            app.close()
            return
        choices = answer["payload"]["choices"]
        self.pieces.append(choices["text"][0]["content"])
        if choices["status"] == 2:
            app.close()


def _hand_signed(url: str, key: str, secret: str) -> str:
    """Sign without the product's own code."""
    host, path, date = urlsplit(url).netloc, urlsplit(url).path, formatdate(usegmt=True)
    told = f"host: {host}\ndate: {date}\nGET {path} HTTP/1.1".encode()
    digest = base64.b64encode(hmac.digest(secret.encode(), told, hashlib.sha256)).decode()
    fields = {"api_key": key, "algorithm": "hmac-sha256", "headers": "host date request-line",
              "signature": digest}  # fmt: skip
    line = ", ".join(f'{name}="{value}"' for name, value in fields.items())
    proof = base64.b64encode(line.encode()).decode()
    return f"{url}?authorization={quote(proof)}&date={quote(date)}&host={quote(host)}"


def test_the_flow_of_the_vendor_s_guide(spark: Emulator) -> None:
    mine = spark.credentials
    client = _CallbackClient(mine.app_id, "4.0Ultra", _QUESTION)
    client.run(_hand_signed(f"{spark.base_url}/v4.0/chat", mine.api_key, mine.api_secret))
    assert _QUESTION in "".join(client.pieces)
    assert client.closed
    assert not client.failures


def test_the_flow_of_the_vendor_s_guide_with_a_wrong_app_id(spark: Emulator) -> None:
    mine = spark.credentials
    client = _CallbackClient("another", "4.0Ultra", _QUESTION)
    client.run(_hand_signed(f"{spark.base_url}/v4.0/chat", mine.api_key, mine.api_secret))
    assert client.failures == [11200]
    assert not client.pieces


def test_the_flow_of_the_vendor_s_guide_with_a_wrong_secret(spark: Emulator) -> None:
    mine = spark.credentials
    client = _CallbackClient(mine.app_id, "4.0Ultra", _QUESTION)
    client.run(_hand_signed(f"{spark.base_url}/v4.0/chat", mine.api_key, "another"))
    (failure,) = client.failures
    assert isinstance(failure, websocket.WebSocketBadStatusException)
    assert failure.status_code == 401
