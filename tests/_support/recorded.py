"""Replays what ``iflytek-spark doctor --record FOLDER`` has written, to both clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from iflytek_spark import AsyncSparkClient, ChatResponse, Credentials, SparkClient, find_model
from iflytek_spark.models.http_models import EMBEDDING_MODELS, RERANK_MODELS
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.dialects.maas_post import MaasEmbedding, MaasRerank
from iflytek_spark.protocol.dialects.signed_post import Embedding, ImageGeneration
from iflytek_spark.transports.mock import MockScript

_ANYBODY = Credentials("app", "key", "secret", maas_api_key="maas")


_READERS: dict[str, Callable[[str], Any]] = {
    "embedding": lambda body: Embedding().decode(body, Deviations()),
    "image-generation": lambda body: ImageGeneration().decode(body, Deviations()),
    **dict.fromkeys(EMBEDDING_MODELS, lambda body: MaasEmbedding().decode(body, Deviations())),
    **dict.fromkeys(RERANK_MODELS, lambda body: MaasRerank().decode(body, Deviations())),
}


def replay_post(path: Path) -> Any:
    """Read a recording of what was posted, and return the image, the vectors or the ranks."""
    recording = json.loads(path.read_text(encoding="utf-8"))
    (body,) = recording["frames"]
    return _READERS[recording["product"].split()[0]](body)


def replay(path: Path) -> ChatResponse:
    """Read a recording.

    Args:
        path: a file of the doctor's.

    Returns:
        The response, which both clients agree on.

    Raises:
        SparkError: where the recording is of an error.
    """
    recording = json.loads(path.read_text(encoding="utf-8"))
    script = MockScript([recording["frames"]] * 2)
    model, wire = find_model(recording["product"].split()[0]), recording["wire"]
    client = SparkClient(_ANYBODY, max_retries=0, transport=script.sync, clock=script.clock)
    response = client.chat("问", model=model, wire=wire)
    aio = AsyncSparkClient(_ANYBODY, max_retries=0, transport=script.aio, clock=script.clock)
    assert asyncio.run(aio.chat("问", model=model, wire=wire)) == response
    return response
