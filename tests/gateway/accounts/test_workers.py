"""Workers of one gateway share an account's rate, without Redis and without accounts named."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from iflytek_spark.emulator import running_emulator
from iflytek_spark.rates import Limit
from tests.gateway.server.program_helpers import running


@pytest.mark.slow("three processes")
def test_three_workers_embed_at_one_rate(tmp_path: Path) -> None:
    with running_emulator(limits={"embeddings": Limit(5)}) as spark:
        environ = {**os.environ, **spark.environment, "GATEWAY_EMBEDDINGS_PER_SECOND": "5"}
        with running(tmp_path, "--workers", "3", environ=environ) as gateway:

            def embed(number: int) -> int:
                body = {"model": "spark-embedding", "input": f"第{number}句"}
                return httpx2.post(
                    f"{gateway.url}/v1/embeddings", json=body, timeout=60
                ).status_code

            with ThreadPoolExecutor(20) as pool:
                assert list(pool.map(embed, range(20))) == [200] * 20
        times = spark.account.times("embeddings")
    assert len(times) == 20
    assert all(later - earlier > 1 for earlier, later in zip(times, times[5:], strict=False))
