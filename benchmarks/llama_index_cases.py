"""SparkLLM, and OpenAILike on an equal stream."""

from __future__ import annotations

from benchmarks.cases import Work

CASES: dict[str, Work] = {}
