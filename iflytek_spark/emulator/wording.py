"""How the service words its errors and names its sessions (PROTOCOL.md §2.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from iflytek_spark.protocol.wire import RequestRefusedError


def error_message(refused: RequestRefusedError, now: float) -> str:
    """Write a message in the service's grammar, with the time of China.

    Args:
        refused: what is refused.
        now: seconds since 1970.

    Returns:
        For instance ``AppIdNoAuthError:(15:24:29.825) tokens.total``.
    """
    when = datetime.fromtimestamp(now, UTC) + timedelta(hours=8)
    time = f"{when:%H:%M:%S}.{when.microsecond // 1000:03}"
    return f"{refused.name}:({time}) {refused.detail}"


def session_id(prefix: str, number: int, now: float) -> str:
    """Make a session id; the one in §2.3 seems to hold a time in milliseconds.

    Args:
        prefix: ``cht``, or ``ase`` for embeddings.
        number: counts the answers.
        now: seconds since 1970.

    Returns:
        For instance ``cht000b702a@dx18d6fb9d758b894540``.
    """
    low, high = number & 0xFFFF, number >> 16 & 0xFFF
    return f"{prefix}000b{low:04x}@dx{int(now * 1000):011x}b8{high:03x}40"
