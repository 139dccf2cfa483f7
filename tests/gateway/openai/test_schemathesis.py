"""Right and wrong requests, drawn from the gateway's description, are answered as it says.

schemathesis draws them: the description's examples, the edges of each field, and at random. Its
checks look at each answer: no 500, no status, media type or field that is not described, a wrong
request refused, a right one accepted, no route open without the key.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import schemathesis
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.checks import positive_data_acceptance
from typing_extensions import is_typeddict

from iflytek_spark.gateway import text_completions
from iflytek_spark.gateway.anthropic import response_types as message_types
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.gateway.openai import responses
from iflytek_spark.gateway.openai.request_examples import CHATS
from iflytek_spark.gateway.responses import response_types
from iflytek_spark.gateway.settings import load_settings
from tests.gateway.chat_helpers import asked
from tests.gateway.gateway_helpers import Gateway, one_gateway

CASES = 2000
KEY, HASH = new_key()
HEADERS = {"Authorization": f"Bearer {KEY}"}
SETTINGS: dict[str, Any] = {
    "keys": {"tests": HASH},
    "embeddings_per_second": None,
    "unsupported": "refuse",  # the description says what is meant; the default takes more
}
DESCRIPTION = create_app(load_settings(**SETTINGS)).openapi()
CHAT = "POST /v1/chat/completions"
EMBEDDINGS = "POST /v1/embeddings"
ASKING = (CHAT, "POST /v1/responses", "POST /v1/messages", "POST /v1/completions")
WITH_LIMITS = (*ASKING, EMBEDDINGS, "POST /v1/messages/count_tokens", "POST /v1/files")
"""Routes whose models, tools or rows have limits of their own, within those that are described."""

RESPONSES = (responses, response_types, message_types, text_completions)

Answered = Counter[tuple[str, int]]


def narrow(part: Any) -> Any:
    """Schemas in which suggested names are all there are: of names at random, none is a model."""
    match part:
        case {"anyOf": [{"enum": names}, {"type": "string"}]}:
            return {"enum": names}
        case dict():
            return {key: narrow(value) for key, value in part.items()}
        case list():
            return [narrow(item) for item in part]
    return part


def closed(schemas: Any) -> Any:
    """Schemas of which those of responses have no field that is not described."""
    for name, described in schemas.items():
        if any(is_typeddict(getattr(types, name, None)) for types in RESPONSES):
            described["additionalProperties"] = False
    return schemas


def drawn(examples: int) -> dict[str, Any]:
    return {"deterministic": True, "database": "none", "max-examples": examples}


SCHEMAS = closed(narrow(DESCRIPTION["components"]["schemas"]))
STRICT = {**DESCRIPTION, "components": {**DESCRIPTION["components"], "schemas": SCHEMAS}}
CONFIG = schemathesis.Config.from_dict(
    {
        "generation": {**drawn(400), "with-security-parameters": False},
        "operations": [{"include-name": name, "generation": drawn(150)} for name in ASKING],
        "phases": {
            "fuzzing": {
                "extra-data-sources": {"responses": False},
                "error-feedback": {"enabled": False},
            }
        },
    }
)
schema = schemathesis.openapi.from_dict(STRICT, config=CONFIG)
WITHIN_A_MODELS_LIMITS = positive_data_acceptance


@schema.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> bool:
    """Leave out texts in thousands, since each is a request to Spark."""
    texts = case.body.get("input") if isinstance(case.body, dict) else None
    return not isinstance(texts, list) or not 8 < len(texts) <= 2048


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with one_gateway(emulator={"pace": 0}, **SETTINGS) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def answered() -> Iterator[Answered]:
    """Counts the answers; when all routes have been asked, they must be many."""
    counted: Answered = Counter()
    yield counted
    asked_all = len({label for label, _ in counted}) == len(list(schema.get_all_operations()))
    assert counted.total() >= CASES or not asked_all, counted


@pytest.mark.sampled(2)
@pytest.mark.slow("few cases reach few of the fields' combinations")
@schema.parametrize()
def test_answers_are_as_described(
    case: schemathesis.Case[Any], gateway: Gateway, answered: Answered
) -> None:
    label = case.operation.label
    response = case.call_and_validate(
        base_url=gateway.url.removesuffix("/v1"),
        headers=HEADERS,
        excluded_checks=[WITHIN_A_MODELS_LIMITS] if label in WITH_LIMITS else [],
    )
    answered[label, response.status_code] += 1


STREAMED: list[Any] = [
    *CHATS,
    {"model": "x2", "messages": asked("一加一等于几？")},
    {"model": "4.0Ultra", "messages": asked("今天的新闻？"), "web_search_options": {}},
]


@pytest.mark.parametrize("body", STREAMED)
def test_events_of_a_stream_are_as_described(gateway: Gateway, body: dict[str, Any]) -> None:
    chunk = Draft202012Validator({**STRICT, "$ref": "#/components/schemas/ChatCompletionChunk"})
    more = {"stream": True, "stream_options": {"include_usage": True}}
    answer = httpx2.post(f"{gateway.url}/chat/completions", json=body | more, headers=HEADERS)
    *events, done, rest = answer.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    for event in events:
        if not event.startswith(":"):  # a comment, which keeps the connection alive
            chunk.validate(json.loads(event.removeprefix("data: ")))


def test_what_is_tested_is_what_is_served(gateway: Gateway) -> None:
    assert httpx2.get(gateway.url.removesuffix("/v1") + "/openapi.json").json() == DESCRIPTION
