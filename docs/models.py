"""Writes the tables of models anew, in the READMEs and in the handbook: ``python -m docs.models``.

A table is found by its heading. Everything else in these pages is written by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from iflytek_spark.cli.models import markdown_table
from iflytek_spark.cli.tables import markdown
from iflytek_spark.models.catalogue import list_models
from iflytek_spark.models.spec import ModelSpec

ROOT = Path(__file__).parents[1]
CHAPTER = "notebooks/data/handbook/01-models.md"
HOST = "spark-api.xf-yun.com"
UNKNOWN, DISPUTED = "文档未说明", "（说法不一）"

Table = Sequence[Sequence[str]]


def models() -> Table:
    """Addresses and limits, in Chinese."""
    heading = ["名称", "产品", "WebSocket 地址", "domain", "输入上下文（token）"]
    rows = [[*_address(spec), _context(spec), _limits(spec)] for spec in list_models()]
    return [[*heading, "max_tokens 范围（服务默认）"], *rows]


def abilities() -> Table:
    """What each model can, in Chinese."""
    columns = {
        "system 角色": "system_role",
        "函数调用": "tools",
        "联网搜索": "web_search",
        "返回引用网页": "citations",
        "深度思考": "reasoning",
    }
    rows = [
        [f"`{spec.name}`", *(_ability(spec, field) for field in columns.values())]
        for spec in list_models()
        if not spec.images
    ]
    return [["模型", *columns], *rows]


def aliases() -> Table:
    """Other names of each model, in Chinese."""
    rows = [
        [f"`{spec.name}`", "、".join(f"`{name}`" for name in (*spec.aliases, spec.title))]
        for spec in list_models()
    ]
    return [["模型", "也可以写成"], *rows]


def written() -> dict[Path, str]:
    """Return each page as it should be."""
    handbook = [markdown(table) for table in (models(), abilities(), aliases())]
    english, chinese = ([markdown_table(language)[:-2]] for language in ("en", "zh"))
    pages = {"README.md": english, "README.zh-CN.md": chinese, CHAPTER: handbook}
    return {ROOT / name: _page(ROOT / name, tables) for name, tables in pages.items()}


def _page(path: Path, tables: Sequence[Sequence[str]]) -> str:
    text = path.read_text(encoding="utf-8")
    for table in tables:
        before, heading, after = text.partition(f"\n{table[0]}\n")
        if not heading:
            raise LookupError(f"{path.name} has no table with the heading {table[0]}")
        text = "\n".join([before, *table, *_below_the_table(after)])
    return text


def _below_the_table(text: str) -> Sequence[str]:
    lines = text.split("\n")
    return lines[next(place for place, line in enumerate(lines) if not line.startswith("|")) :]


def _address(spec: ModelSpec) -> list[str]:
    parts = urlsplit(spec.url)
    address = parts.path if parts.netloc == HOST else spec.url
    product = f"{spec.title}，已下线" if spec.retired else spec.title
    return [f"`{spec.name}`", product, f"`{address}`", f"`{spec.domain}`"]


def _context(spec: ModelSpec) -> str:
    known = f"{spec.context_tokens // 1024}K" if spec.context_tokens else UNKNOWN
    return _marked(spec, "context_tokens", known)


def _limits(spec: ModelSpec) -> str:
    if spec.max_tokens is None:
        return UNKNOWN
    limits = f"{spec.max_tokens.low}–{spec.max_tokens.high}（{spec.default_max_tokens}）"
    return _marked(spec, "max_tokens", limits)


def _ability(spec: ModelSpec, field: str) -> str:
    return _marked(spec, field, "是" if getattr(spec, field) else "否")


def _marked(spec: ModelSpec, field: str, cell: str) -> str:
    return f"{cell}{DISPUTED}" if field in spec.disputed else cell


if __name__ == "__main__":
    for page, text in written().items():
        page.write_text(text, encoding="utf-8")
