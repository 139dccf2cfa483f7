"""What is no text that Spark takes, refused before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence

from iflytek_spark.errors import InvalidRequestError


def check_texts(name: str, texts: Sequence[str]) -> None:
    """Refuse what the service would refuse.

    Args:
        name: what the texts are called.
        texts: the texts.

    Raises:
        InvalidRequestError: for one that is empty or no text; it says which one.
    """
    if isinstance(texts, str):
        raise InvalidRequestError(f"{name} is one string", hint="pass a list of strings")
    for index, text in enumerate(texts):
        check_text(f"{name}[{index}]", text)


def check_text(name: str, text: object) -> None:
    """Refuse one text; see :func:`check_texts`."""
    if not isinstance(text, str):
        raise InvalidRequestError(f"{name} is a {type(text).__name__}, not a string")
    if not text.strip():
        raise InvalidRequestError(f"{name} is empty", hint="leave it out: Spark takes no such text")
    if not _is_unicode(text):
        raise InvalidRequestError(f"{name} holds a lone surrogate, which is no text")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
