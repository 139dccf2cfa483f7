"""No route answers with a model that the caller's key may not use."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import iflytek_spark.gateway

_GATEWAY = Path(iflytek_spark.gateway.__file__).parent
_RECORD = _GATEWAY / "middleware" / "request_log_record.py"


def models_noted(path: Path) -> Iterator[str]:
    """Where a file writes a record's model itself, without asking whether it is allowed."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        written = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if written and ast.unparse(node) == "record.model":
            yield f"{path.relative_to(_GATEWAY)}: {ast.unparse(node)}"


def test_every_route_asks_whether_the_key_may_use_the_model() -> None:
    files = set(_GATEWAY.rglob("*.py")) - {_RECORD}
    assert [place for path in files for place in models_noted(path)] == []
    routes = (_GATEWAY / "routes").glob("*.py")
    asking = {path.stem for path in routes if "record.use_model(" in path.read_text("utf-8")}
    assert asking >= {"chat", "embeddings", "images", "rerank"}
