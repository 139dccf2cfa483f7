"""An estimate of Spark's token count, without a network or a tokenizer's data."""

from __future__ import annotations


def estimate_tokens(text: str) -> int:
    """Estimate how many tokens Spark counts in a text.

    The vendor's rule of thumb is 1.5 Chinese characters or 0.8 English words a token
    (PROTOCOL.md §1); an English word with its space has about five letters, so four ASCII
    characters are taken for a token.

    Args:
        text: any text.

    Returns:
        The estimate, at least 1 for a text that is not empty.
    """
    ascii_count = len(text.encode("ascii", "ignore"))
    return -(-ascii_count // 4) + -(-(len(text) - ascii_count) * 2 // 3)
