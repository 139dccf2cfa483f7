"""How large a picture image understanding takes (PROTOCOL.md §6)."""

from __future__ import annotations

MAX_BYTES = 4 * 1024 * 1024
"""The largest file: 4 MB (§6)."""

SIDES = range(50, 6000 + 1)
"""Pixels that a side may have: 50×50 to 6000×6000, else error 10041 (§6)."""
