"""``models``: the catalogue as a table."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

from iflytek_spark.cli.tables import aligned, markdown
from iflytek_spark.cli.terminal import bold
from iflytek_spark.models.catalogue import list_models
from iflytek_spark.models.spec import ModelSpec


class Column(NamedTuple):
    """A column of the table.

    Attributes:
        en: its heading in English.
        zh: its heading in Chinese.
        cell: what stands in it: a text, a number of tokens (None for unknown), or whether.
        field: the field that ``disputed`` would name, or an empty string.
    """

    en: str
    zh: str
    cell: Callable[[ModelSpec], str | int | bool | None]
    field: str = ""


def _longest(spec: ModelSpec) -> int | None:
    return int(spec.max_tokens.high) if spec.max_tokens else None


_COLUMNS = (
    Column("name", "名称", lambda spec: spec.name),
    Column("title", "产品", lambda spec: spec.title),
    Column("context", "上下文", lambda spec: spec.context_tokens, "context_tokens"),
    Column("max output", "最长回答", _longest, "max_tokens"),
    Column("system", "系统消息", lambda spec: spec.system_role, "system_role"),
    Column("tools", "函数调用", lambda spec: spec.tools, "tools"),
    Column("web search", "联网搜索", lambda spec: spec.web_search, "web_search"),
    Column("reasoning", "深度思考", lambda spec: spec.reasoning, "reasoning"),
    Column("images", "看图", lambda spec: spec.images, "kind"),
    Column("retired", "已下线", lambda spec: spec.retired),
)
_NUMBERS = frozenset({2, 3})
_LEGEND = {
    "en": "tokens; yes: the service can; -: it cannot; ?: not documented; *: the sources disagree",
    "zh": "单位 token；yes：支持；-：不支持；?：文档未说明；*：各处资料说法不一",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``models``."""
    parser.add_argument(
        "--markdown",
        nargs="?",
        const="en",
        choices=sorted(_LEGEND),
        help="write a Markdown table, in English (en, the default) or Chinese (zh)",
    )


def run(args: argparse.Namespace) -> int:
    """Print the table, and return the exit status."""
    print("\n".join(markdown_table(args.markdown) if args.markdown else _terminal_table()))
    return 0


def markdown_table(language: str) -> list[str]:
    """Return the lines of the table for a README, in ``en`` or ``zh``."""
    rows = _rows(language)
    named = [rows[0], *([f"`{row[0]}`", *row[1:]] for row in rows[1:])]
    return [*markdown(named, _NUMBERS), "", _LEGEND[language].replace("*", "\\*")]


def _terminal_table() -> list[str]:
    heading, *rows = aligned(_rows("en"), _NUMBERS)
    return [bold(heading), *rows, "", _LEGEND["en"]]


def _rows(language: str) -> list[list[str]]:
    heading = [column.zh if language == "zh" else column.en for column in _COLUMNS]
    return [heading, *([_cell(column, spec) for column in _COLUMNS] for spec in list_models())]


def _cell(column: Column, spec: ModelSpec) -> str:
    value = column.cell(spec)
    mark = "*" if column.field in spec.disputed else ""
    match value:
        case bool():
            return f"{'yes' if value else '-'}{mark}"
        case str():
            return value
        case _:
            return f"{'?' if value is None else f'{value:,}'}{mark or ' '}"
