"""What PROTOCOL-HTTP.md §11 leaves open, as knobs: the defaults are its table.

Nobody has tried these against the real service. Please correct them here if you can.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from iflytek_spark.protocol.wire.openai.shapes import CallsForm, UsageStyle


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How the emulator behaves over HTTP where evidence is thin (PROTOCOL-HTTP.md §11).

    A is ``spark-api-open``, B the MaaS hosts. Models are named by their ids.

    Attributes:
        maas_shaped: paths of A that answer in B's form.
        calls_form: how A writes calls without ``tool_calls_switch``.
        usage_styles: where B's streams carry the usage, by model; ``zeros`` for the others.
        ignores_required: models of B that may answer ``required`` with text.
        object_choice: models of B that take a ``tool_choice`` that is an object.
        rate_status: the status of 11201, 11202 and 11203 on A.
        moderation: whether A refuses a question with an error of status 400, or with status 200
            and a code.
        parts: whether A refuses a content in parts, or takes its texts.
        images: what models of B without eyes do with images: refuse, or answer without them.
        unseen: models of B that always answer without them.
        unanswered: models of B that answer them with nothing.
        unauthorized: whether B refuses a key as its proxy does, or with an error object.
        max_tokens_status: the status for too large a ``max_tokens`` on B.
        undocumented: what B does with ``stop``, ``seed`` and ``logprobs``.
        refused_fields: fields that B refuses by name.
        search_pages: whether A sends the pages that a search found.
        engine_fault: whether an engine that fails amid B's stream sends an error, or cuts it.
        keep_alive: seconds between the blank lines that A sends when it is asked for.
        allowed_models: the ids that the key of B may use, or None for all.
        plan: whether that key belongs to a plan.
        max_texts: texts that a request for vectors or ranks may hold, or None for any number.
        shuffled: whether vectors come in another order than their texts.
        with_documents: whether ranks repeat the documents.
    """

    maas_shaped: frozenset[str] = frozenset()
    calls_form: CallsForm = "object"
    usage_styles: Mapping[str, UsageStyle] = field(default_factory=lambda: dict(_USAGE_STYLES))
    ignores_required: frozenset[str] = frozenset({"spark-x2.5", "xsparkx2flash"})
    object_choice: frozenset[str] = frozenset({"spark-x2.5", "spark-x2.5-4b", "spark-x2.5-1.7b"})
    rate_status: int = 500
    moderation: Literal["status", "code"] = "status"
    parts: Literal["refuse", "take"] = "refuse"
    images: Literal["refuse", "ignore"] = "refuse"
    unseen: frozenset[str] = frozenset(
        {"xopglm5", "xopglm51", "xopglm52", "xopglm53", "xdeepseekv3", "xdeepseekr1",
         "xopdeepseekv32", "xopdeepseekv4pro", "xopdeepseekv4pro0813", "xopdeepseekv4flash",
         "xopdeepseekv4flash0731"}
    )  # fmt: skip
    unanswered: frozenset[str] = frozenset({"xsparkx2flash"})
    unauthorized: Literal["proxy", "error"] = "proxy"
    max_tokens_status: Literal[400, 500] = 500
    undocumented: Literal["ignore", "refuse"] = "ignore"
    refused_fields: frozenset[str] = frozenset({"model_id"})
    search_pages: bool = True
    engine_fault: Literal["error", "cut"] = "error"
    keep_alive: float = 10.0
    allowed_models: frozenset[str] | None = None
    plan: bool = False
    max_texts: int | None = None
    shuffled: bool = False
    with_documents: bool = True


_USAGE_STYLES: Mapping[str, UsageStyle] = {
    "spark-x2.5": "own_chunk",
    "spark-x2.5-4b": "own_chunk",
    "spark-x2.5-1.7b": "own_chunk",
    "xsparkx2": "own_chunk",
    "xsparkx2flash": "own_chunk",
    "xsparkx2agent": "own_chunk",
    "xophunyuanocr": "with_finish",
    "xoppaddleocrv16": "with_finish",
    "xopdeepseekocr": "with_finish",
    "xopqwen36v35b": "with_finish",
    "xopqwen35v35b": "with_finish",
    "xopqwen35397b": "with_finish",
    "xopkimik26": "with_finish",
    "xopkimik27code": "with_finish",
    "xop3qwen32bvl": "with_finish",
}
"""§11: an own chunk for Spark's models, the last content chunk for vision."""
