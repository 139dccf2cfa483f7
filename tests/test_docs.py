"""What is generated in the documentation is current."""

from __future__ import annotations

from docs import generate
from iflytek_spark.requests.options import OPTIONS


def test_the_tables_are_current() -> None:
    for page, text in generate.written().items():
        assert page.read_text(encoding="utf-8") == text, f"{page.name}: run `make docs`"


def test_every_option_is_explained_in_chinese() -> None:
    assert generate.OPTIONS_IN_CHINESE.keys() == OPTIONS.keys()
