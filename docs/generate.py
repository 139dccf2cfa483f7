"""Writes the tables of models and options anew: ``python -m docs.generate``.

They stand in the READMEs and in the handbook. A table is found by its heading. Everything else in
these pages is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from iflytek_spark.cli.models import markdown_table
from iflytek_spark.cli.tables import markdown
from iflytek_spark.models.catalogue import list_models
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.requests.options import OPTIONS, Option

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


OPTIONS_IN_CHINESE = {
    "temperature": "随机程度；0 会换成服务接受的最小值",
    "top_k": "从几个候选 token 中选取，1 到 6",
    "max_tokens": "回答最多多少 token",
    "top_p": "核采样，仅 X 系列",
    "presence_penalty": "仅 X 系列",
    "frequency_penalty": "仅 X 系列",
    "stop": "遇到这些字符串就截断回答；星火没有这个参数时由本库截断",
    "tools": "模型可以请求调用的函数",
    "tool_choice": "`auto`（默认）、`none`、`required` 或一个工具名；星火不能强制时用文字要求",
    "response_format": "`json_object` 或 `json_schema`；用文字要求，去掉代码块标记，不做校验",
    "web_search": "是否联网搜索：False（默认）、True 或 `WebSearch`",
    "thinking": "X 系列回答前是否思考：`enabled`、`disabled` 或 `auto`",
    "uid": "最终用户的标识，最多 32 个字符；默认每次随机",
    "chat_id": "会话标识；星火不会据此保存历史",
    "auditing": "审核方式；已知的值只有 `default`",
    "image_model": "模型自己不能看图时由谁来回答带图片的消息；None 表示拒绝",
    "timeout": "这次调用的四个时限，或整个调用的秒数",
    "wire": "走哪条线路：`websocket`、`http`，或 `auto`（默认）：有 WebSocket 的模型走 WebSocket，"
    "没有的走 HTTP；只在 HTTP 上有工具的模型，带工具的调用走 HTTP",
    "unsupported": "模型没有的参数：`refuse`（默认）按名字拒绝，`ignore` 去掉或收进范围，"
    "并写进日志和回答的 `ignored`；会改变回答形式的（例如强制调用函数）两种方式都拒绝",
    "extra": "`parameter.chat` 的其他字段，原样发送",
}
"""What the rows of the options say, for readers of Chinese."""


def options(language: str) -> Table:
    """The options of a call, one row each."""
    if language == "zh":
        rows = [[f"`{name}`", OPTIONS_IN_CHINESE[name], _key(row)] for name, row in OPTIONS.items()]
        return [["选项", "含义", "发送为"], *rows]
    rows = [[f"`{name}`", _plain(row.doc), _key(row)] for name, row in OPTIONS.items()]
    return [["option", "what it means", "sent as"], *rows]


def _plain(doc: str) -> str:
    """Turn the marks of a docstring into Markdown's."""
    return re.sub(r":\w+:`~?([^`]+)`", r"`\1`", doc).replace("``", "`").rstrip(".")


def _key(row: Option) -> str:
    return f"`{row.key}`" if row.key else ""


def written() -> dict[Path, str]:
    """Return each page as it should be."""
    handbook = [markdown(table) for table in (models(), abilities(), aliases())]
    english, chinese = (
        [markdown_table(language)[:-2], markdown(options(language))] for language in ("en", "zh")
    )
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
