"""What is generated in the documentation is current."""

from __future__ import annotations

from docs import models


def test_the_tables_of_models_are_current() -> None:
    for page, text in models.written().items():
        assert page.read_text(encoding="utf-8") == text, f"{page.name}: run `make docs`"
